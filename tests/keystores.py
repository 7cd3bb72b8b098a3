"""Real keystores for tests: a TPM simulator (swtpm) and a software token (SoftHSM), each in a folder of its own."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "4711"


@contextmanager
def tpm(folder: Path) -> Iterator[str]:
    """Starts a TPM whose state is in a folder. Yields its TCTI, for TPM2TOOLS_TCTI."""
    folder.mkdir(exist_ok=True)
    socket, control = folder / "tpm", folder / "tpm.ctrl"
    for one in (socket, control):
        one.unlink(missing_ok=True)
    with subprocess.Popen(
        [
            "swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}", "--server", f"type=unixio,path={socket}",
            "--ctrl", f"type=unixio,path={control}", "--flags", "not-need-init,startup-clear",
        ],
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            for _ in range(200):
                if socket.exists() and control.exists():
                    break
                time.sleep(0.02)
            yield f"swtpm:path={socket}"
        finally:
            process.kill()


@contextmanager
def token(folder: Path, label: str = "setapart") -> Iterator[str]:
    """Makes a token. Yields the beginning and the end of a key's URI, with `{}` for the object's name."""
    store = folder / "tokens"
    store.mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {store}\nobjectstore.backend = file\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    try:
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", PIN],
            check=True,
            capture_output=True,
        )
        pin = folder / "pin"
        pin.write_text(f"{PIN}\n")
        yield f"pkcs11:token={label};object={{}}?module-path={SOFTHSM}&pin-source=file:{pin}"
    finally:
        if before is None:
            del os.environ["SOFTHSM2_CONF"]
        else:
            os.environ["SOFTHSM2_CONF"] = before
