"""The file of an officer's key, made whole or not at all and readable by its owner alone."""

import os
from pathlib import Path

from setapart_auditor.errors import AuditorError


def write_key(folder: Path, name: str, content: bytes) -> Path:
    """Writes `NAME.pem` into a folder, which is made if it isn't there.

    Raises:
        AuditorError: there is a key of this name, or it can't be written.
    """
    path = folder / f"{name}.pem"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise AuditorError(f"{path} exists", expected="a new officer's key", cure="choose another name") from None
    except OSError as exc:
        raise AuditorError(exc.strerror or "output failed", where=str(path)) from None
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, 0o600)
        file.write(content)
        file.flush()
        os.fsync(handle)
    return path
