"""The floor of an agent's run: bare CPython that reads dpkg's status, writes JSON and makes one Ed25519 signature."""

import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def main() -> None:
    packages = []
    for block in Path("/var/lib/dpkg/status").read_text(encoding="utf-8").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[:1] != " ")
        if fields.get("Status", "").endswith(" installed"):
            packages.append({"identifier": fields["Package"], "version": fields.get("Version")})
    body = json.dumps(packages).encode()
    key = load_pem_private_key(Path(sys.argv[1]).read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    Path(sys.argv[2]).write_bytes(key.sign(body) + body)


main()
