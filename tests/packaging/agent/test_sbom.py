"""packaging/agent/agent_packages/sbom.py: what a scanner asks for is named, down to what is linked in."""

import json
from hashlib import sha256
from pathlib import Path

from agent_packages import sbom, tree, vendored
from agent_packages.release import MACHINES, Release

from demo_wheel import demo_wheel

RELEASE = Release(version="1.2.3", revision=1, machine=MACHINES["amd64"], moment=1_700_000_000)


def test_a_vulnerable_openssl_inside_a_library_is_found_by_its_version(tmp_path: Path) -> None:
    wheel = demo_wheel(tmp_path)
    wheels = vendored.lay((wheel,), tmp_path / "modules")
    file = sbom.build(RELEASE, tree.Modules(folder=tmp_path / "modules", wheels=wheels), tmp_path)
    (demo,) = json.loads(file.read_text("utf-8"))["components"]
    assert (demo["name"], demo["version"], demo["licenses"]) == ("demo", "1.0", [{"license": {"id": "MIT"}}])
    inside = {one["name"]: one for one in demo["components"]}
    assert inside[wheel.name]["hashes"][0]["content"] == sha256(wheel.read_bytes()).hexdigest()
    assert (inside["openssl"]["version"], inside["openssl"]["purl"]) == ("4.0.3", "pkg:generic/openssl@4.0.3")
    assert "licenses" not in inside["openssl"], "its bill names none, and nobody may guess one"
    assert inside["openssl-sys"]["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    references = [demo["bom-ref"], *(one["bom-ref"] for one in demo["components"])]
    assert len(set(references)) == len(references)
