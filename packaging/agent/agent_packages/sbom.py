"""The software bill of materials: CycloneDX 1.6 (ECMA-424), as JSON."""

import datetime as dt
import json
import re
from email.parser import HeaderParser
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from agent_packages.release import NAME, Release
from agent_packages.tree import Modules
from agent_packages.vendored import Part, VendoringError

_SPDX = re.compile(r"[A-Za-z0-9.+-]+")
_CLASSIFIERS = {
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
}


def build(release: Release, modules: Modules, output: Path, program: str = NAME) -> Path:
    """Writes the bill of what all of a program's packages hold. Returns its file."""
    own = f"pkg:generic/{program}@{release.version}"
    components = [_component(name, modules) for name in sorted({wheel.name for wheel in modules.wheels})]
    when = dt.datetime.fromtimestamp(release.moment, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, f'{own}-{release.revision}-{release.machine.deb}-{when}')}",
        "version": 1,
        "metadata": {
            "timestamp": when,
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": program,
                "version": release.version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "purl": own,
            },
        },
        "components": components,
        "dependencies": [
            {"ref": own, "dependsOn": sorted(component["bom-ref"] for component in components)},
            *({"ref": component["bom-ref"]} for component in components),
        ],
    }
    file = output / f"{program}-{release.version}-{release.machine.system}-{release.machine.rpm}.cdx.json"
    file.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return file


def _component(name: str, modules: Modules) -> dict[str, Any]:
    """One library: its wheels with their digests, one for each Python where it is compiled, and what those hold."""
    wheels = [wheel for wheel in modules.wheels if wheel.name == name]
    purl = f"pkg:pypi/{name}@{wheels[0].version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": wheels[0].version,
        "licenses": [_licence(modules.folder, name)],
        "purl": purl,
        "components": [
            {
                "type": "file",
                "bom-ref": f"{purl}#{wheel.file}",
                "name": wheel.file,
                "hashes": [{"alg": "SHA-256", "content": wheel.sha256}],
            }
            for wheel in wheels
        ]
        + [_part(purl, part) for part in sorted({part for wheel in wheels for part in wheel.parts})],
    }


def _part(library: str, part: Part) -> dict[str, Any]:
    named = {"licenses": [_spelled(part.licence)]} if part.licence else {}
    return {
        "type": "library",
        "bom-ref": f"{library}#{part.purl}",
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
        **named,
    }


def _licence(folder: Path, name: str) -> dict[str, Any]:
    """What the library's own metadata says, as CycloneDX wants it: an id of SPDX, or an expression."""
    (metadata,) = folder.glob(f"{name.replace('-', '_')}-*.dist-info/METADATA")
    headers = HeaderParser().parsestr(metadata.read_text("utf-8"))
    named = headers.get("License-Expression", "")
    if not named:
        # A free text, which may be the whole licence; of several classifiers whoever uses it chooses.
        plain, classifiers = headers.get("License", ""), headers.get_all("Classifier", [])
        known = sorted(spdx for label, spdx in _CLASSIFIERS.items() if label in classifiers)
        named = plain if _SPDX.fullmatch(plain) else " OR ".join(known)
    if not named:
        raise VendoringError(f"{name} says no licence that is known here; expected one; look, and add it")
    return _spelled(named)


def _spelled(licence: str) -> dict[str, Any]:
    return {"license": {"id": licence}} if _SPDX.fullmatch(licence) else {"expression": licence}
