"""Keys that sign the sums of what was built, as `setapart-agent keygen` makes them."""

import subprocess
import sys
from pathlib import Path


def keygen(folder: Path, algorithm: str = "ed25519") -> Path:
    """The private key `ALGORITHM.pem`, and its public one beside it."""
    key = folder / f"{algorithm}.pem"
    command = [sys.executable, "-m", "setapart_agent", "keygen", "--algorithm", algorithm, "--output", key]
    subprocess.run(command, check=True, capture_output=True)
    return key
