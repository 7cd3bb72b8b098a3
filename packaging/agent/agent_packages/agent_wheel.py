# ruff: noqa: S603
# The tools of whoever builds, found as they find them.
"""The agent-only wheel: the agent and the evidence that it shares with the auditor, without the auditor."""

import shutil
import subprocess
import sys
from pathlib import Path

import tomli_w

from agent_packages.release import NAME, REPOSITORY, Release, project

MODULES = ("setapart_agent", "setapart_evidence")
SUMMARY = "The agent of setapart: sees what a device has, says what it could not see, and signs both."
_EXTRAS = ("pkcs11", "tpm", "ios", "ios-usb", "mdm", "offline-windows")
_KEPT = ("license", "license-files", "requires-python", "authors", "classifiers", "dependencies")


def build(release: Release, output: Path, scratch: Path) -> Path:
    """Builds the wheel. Returns its file.

    The same names are in the distribution `setapart`: one of the two is installed, never both.
    """
    lay_sources(scratch)
    shutil.copy(REPOSITORY / "LICENSE", scratch)
    (scratch / "README.md").write_text(f"{SUMMARY}\n", encoding="utf-8")
    (scratch / "pyproject.toml").write_text(tomli_w.dumps(_settings()), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(output)],
        cwd=scratch, env=release.environment, check=True, capture_output=True,
    )  # fmt: skip
    return output / f"{NAME.replace('-', '_')}-{release.version}-py3-none-any.whl"


def lay_sources(target: Path) -> None:
    """Copies the agent's modules, without what a run of them left."""
    for module in MODULES:
        shutil.copytree(
            REPOSITORY / "agent" / module, target / module, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
        )


def _settings() -> dict[str, object]:
    """A pyproject.toml out of the repository's own: no dependency is named twice."""
    whole = project()
    described: dict[str, object] = {
        "name": NAME,
        "dynamic": ["version"],
        "description": SUMMARY,
        "readme": "README.md",
        **{key: whole[key] for key in _KEPT},
        "optional-dependencies": {extra: whole["optional-dependencies"][extra] for extra in _EXTRAS},
        "scripts": {NAME: whole["scripts"][NAME]},
    }
    return {
        "build-system": {"requires": ["hatchling>=1.27"], "build-backend": "hatchling.build"},
        "project": described,
        "tool": {
            "hatch": {
                "version": {"path": "setapart_evidence/__init__.py"},
                "build": {"targets": {"wheel": {"packages": list(MODULES)}}},
            }
        },
    }
