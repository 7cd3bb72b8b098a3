"""A wheel as an index has it: a library called demo with a compiled module, and a bill of what is linked into that."""

import json
import zipfile
from pathlib import Path

LICENCE = """\
MIT License

Copyright (c) 2020 A. Maker
Copyright 2021 Another

Permission is hereby granted, if this copyright notice is kept.
"""
BILL = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "components": [
        {
            "name": "openssl-sys",
            "version": "0.9",
            "purl": "pkg:cargo/openssl-sys@0.9",
            "licenses": [{"expression": "MIT OR Apache-2.0"}],
        },
        {"name": "openssl", "version": "4.0.3", "purl": "pkg:generic/openssl@4.0.3"},
    ],
}


def demo_wheel(folder: Path) -> Path:
    """Writes the wheel of demo 1.0 into a folder."""
    path = folder / "demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {
            "demo/__init__.py": "",
            "_demo.cpython-311.so": "compiled",
            "demo-1.0.dist-info/METADATA": "Metadata-Version: 2.4\nName: demo\nVersion: 1.0\nLicense-Expression: MIT\n",
            "demo-1.0.dist-info/RECORD": "",
            "demo-1.0.dist-info/licenses/LICENSE": LICENCE,
            "demo-1.0.dist-info/sboms/demo.cyclonedx.json": json.dumps(BILL),
        }.items():
            archive.writestr(name, content)
    return path
