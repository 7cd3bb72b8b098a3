"""The file of an officer's key, made whole or not at all and readable by its owner alone."""

from pathlib import Path

from setapart_auditor.errors import AuditorError
from setapart_auditor.whole_file import write_file


def write_key(folder: Path, name: str, content: bytes) -> Path:
    """Writes `NAME.pem` into a folder, which is made if it isn't there.

    Raises:
        AuditorError: there is a key of this name, or it can't be written.
    """
    path = folder / f"{name}.pem"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        write_file(path, content)
    except FileExistsError:
        raise AuditorError(f"{path} exists", expected="a new officer's key", cure="choose another name") from None
    except OSError as exc:
        raise AuditorError(exc.strerror or "output failed", where=str(path)) from None
    return path
