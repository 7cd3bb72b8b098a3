"""A small register: a dedicated phone with an exception, a workstation, a station, two officers."""

from pathlib import Path

from setapart_evidence.keys import Ed25519Signer

SIGNERS = {
    name: Ed25519Signer(bytes([at]) * 32)
    for at, name in enumerate(("patrol", "desk", "station", "o1", "o2", "authority"), 1)
}

REGISTER = """
[[device]]
name = "patrol-phone"
key = "keys/patrol.pub"
class = "social-dedicated"
holder = "h1"
role = "staff"
unit = "web-patrol"
since = 2026-01-01

[[device]]
name = "desk"
key = "keys/desk.pub"
hardware = true
class = "ordinary"
holder = "h2"
role = "staff"

[[station]]
name = "helpdesk-1"
key = "keys/station.pub"

[[officer]]
id = "o1"
key = "keys/o1.pub"

[[officer]]
id = "o2"
key = "keys/o2.pub"

[[exception]]
id = "E-7"
device = "patrol-phone"
app = "tiktok"
holder = "h1"
need = "prevention outreach to young people"
ground = "communication"
requested_by = "o1"
approved_by = "o2"
from = 2026-11-01
until = 2027-04-30
"""


def make_register(folder: Path, text: str = REGISTER) -> Path:
    """Writes a register and everybody's public keys; returns the register's path."""
    (folder / "keys").mkdir(parents=True, exist_ok=True)
    for name, signer in SIGNERS.items():
        (folder / "keys" / f"{name}.pub").write_bytes(signer.public.pem())
    path = folder / "register.toml"
    path.write_text(text, encoding="utf-8")
    return path


def changed(*replacements: tuple[str, str], text: str = REGISTER) -> str:
    """The register with some of its text replaced; every replacement has to be found."""
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    return text
