"""Encrypted backups, with the library iphone_backup_decrypt (extra `ios`), which is imported only here.

Manifest.plist holds a key bag: class keys wrapped with a key from the password (PBKDF2, RFC 3394). Manifest.db and each
file have keys of their own, wrapped with class keys. The library raises all sorts of errors on hostile input, and
prints to standard output; neither gets out of here.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from setapart_agent.collectors.base import Failed, Observed, Outcome
from setapart_agent.collectors.ios.backup_folder import ListedFile
from setapart_agent.errors import SourceError

_EXPECTED = "an encrypted backup that can be opened"


class Decrypter:
    """Opens the files of one encrypted backup."""

    def __init__(self, folder: Path, password: str) -> None:
        """Unlocks the key bag and decrypts the manifest.

        Raises:
            SourceError: the library is not installed, the password is wrong, or the key bag is broken.
        """
        try:
            from iphone_backup_decrypt import EncryptedBackup, IncorrectPassphraseError
        except ImportError:
            raise SourceError(
                "an encrypted backup", expected="the extra that decrypts it", cure="pip install 'setapart[ios]'"
            ) from None
        if os.path.expandvars(folder) != str(folder):
            # The library would replace it, and read another folder.
            raise SourceError("a path with a variable's name in it", expected=_EXPECTED, cure="rename the folder")
        self._backup: EncryptedBackup | None = None
        try:
            with redirect_stdout(StringIO()):
                backup = EncryptedBackup(backup_directory=str(folder), passphrase=password)
                backup.test_decryption()
        except MemoryError:
            raise
        except IncorrectPassphraseError:
            raise SourceError(
                "the backup does not open with this password",
                expected="the password that was set for backups of this device",
                cure="try again; a forgotten one can be reset on the device: Settings, General, Transfer or Reset",
            ) from None
        except Exception as exc:  # noqa: BLE001 - whatever a broken key bag makes the library raise
            raise SourceError(f"the backup's keys can't be read ({type(exc).__name__})", expected=_EXPECTED) from None
        self._backup = backup

    def __call__(self, listed: ListedFile, path: Path) -> Outcome[bytes]:  # noqa: ARG002 - the contract of Opener
        """The decrypted content of a file."""
        assert self._backup is not None
        try:
            with redirect_stdout(StringIO()):
                content = self._backup.extract_file_as_bytes(listed.path, domain_like=listed.domain)
        except MemoryError:
            raise
        except Exception as exc:  # noqa: BLE001 - whatever a broken file makes the library raise
            return Failed(f"can't be decrypted ({type(exc).__name__})")
        return Observed(bytes(content or b""))

    def save_manifest(self, path: Path) -> None:
        """Writes the decrypted Manifest.db.

        Raises:
            SourceError: it can't be decrypted.
        """
        assert self._backup is not None
        try:
            with redirect_stdout(StringIO()):
                self._backup.save_manifest_file(str(path))
        except MemoryError:
            raise
        except Exception as exc:  # noqa: BLE001 - as above
            raise SourceError(f"the manifest can't be decrypted ({type(exc).__name__})", expected=_EXPECTED) from None

    def close(self) -> None:
        """Lets go of the library's object, which then removes its decrypted copy of the manifest."""
        self._backup = None


@contextmanager
def decrypted(folder: Path, password: str, done: Callable[[], None]) -> Iterator[tuple[Decrypter, Path]]:
    """The opener of an encrypted backup and its decrypted manifest, which is gone afterwards.

    Args:
        folder: the backup.
        password: its password.
        done: is told of each of the two steps that take time.

    Raises:
        SourceError: it can't be opened.
    """
    decrypter = Decrypter(folder, password)
    done()
    try:
        with TemporaryDirectory(prefix="setapart-") as private:
            manifest = Path(private, "Manifest.db")
            decrypter.save_manifest(manifest)
            done()
            yield decrypter, manifest
    finally:
        decrypter.close()
