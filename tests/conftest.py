"""What every test may use, and the one place that decides what happens when a part is missing.

A test marked `needs("adb")` is skipped by name where that part is absent. `SETAPART_REQUIRE=adb,corpus,…` turns such a
skip into a failure: that is how CI makes sure that nothing is skipped that could be installed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

import postgres_server
import systemd_machine

pytest_plugins = ["stores"]
REPOSITORY = Path(__file__).resolve().parent.parent
CORPUS = Path(os.environ.get("SETAPART_CORPUS", REPOSITORY.parent / "shared" / "corpus"))

SYSTEM_PYTHON = f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"


def _program(*names: str) -> Callable[[], bool]:
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/libexec"))
    return lambda: all(shutil.which(name, path=path) is not None for name in names)


def _introspection(name: str) -> bool:
    return any(Path("/usr/lib").glob(f"*/girepository-1.0/{name}.typelib"))


def _mounts() -> bool:
    return (
        shutil.which("unshare") is not None
        and subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode == 0
    )


PARTS: dict[str, tuple[Callable[[], bool], str]] = {
    "corpus": ((CORPUS / "PROVENANCE.md").is_file, "set SETAPART_CORPUS to the folder of real captures"),
    "adb": (_program("adb"), "install Debian's package adb"),
    "dpkg": (_program("dpkg-query"), "run on a system with dpkg"),
    "rpm": (_program("rpm"), "install Debian's package rpm"),
    "flatpak": (_program("flatpak", "dbus-run-session"), "install Debian's packages flatpak and dbus-daemon"),
    "evolution": (
        lambda: _program("evolution-source-registry", "dbus-run-session")() and _introspection("EDataServer-1.2"),
        "install Debian's packages evolution-data-server, gir1.2-edataserver-1.2, python3-gi and dbus-daemon",
    ),
    "gnome-online-accounts": (
        _program("goa-daemon", "gdbus", "dbus-run-session"),
        "install Debian's packages gnome-online-accounts, libglib2.0-bin and dbus-daemon",
    ),
    "thunderbird": (_program("thunderbird"), "install Debian's package thunderbird"),
    "chromium": (_program("chromium"), "install Debian's package chromium"),
    "firefox": (_program("firefox-esr"), "install Debian's package firefox-esr"),
    "networkmanager": (_program("nmcli"), "install Debian's package network-manager"),
    "kerberos": (
        _program("kinit", "krb5kdc", "kadmin.local"),
        "install Debian's packages krb5-user, krb5-kdc and krb5-admin-server",
    ),
    "msmtp": (_program("msmtp"), "install Debian's package msmtp"),
    "system-python": (Path(SYSTEM_PYTHON).exists, f"install the system's own {SYSTEM_PYTHON}"),
    "bash": (_program("bash"), "install bash"),
    "fish": (_program("fish"), "install Debian's package fish"),
    "zsh": (_program("zsh"), "install Debian's package zsh"),
    "man": (_program("man"), "install Debian's package man-db"),
    "powershell-grammar": (
        lambda: find_spec("tree_sitter_powershell") is not None,
        "pip install -r requirements/packaging.txt",
    ),
    "lintian": (_program("lintian"), "install Debian's package lintian"),
    "bsdtar": (_program("bsdtar"), "install Debian's package libarchive-tools"),
    "zizmor": (Path(sys.executable).with_name("zizmor").exists, "pip install zizmor"),
    "curl": (_program("curl"), "install Debian's package curl"),
    "openssl": (_program("openssl"), "install the openssl program"),
    "postgresql": (postgres_server.is_installed, "install Debian's package postgresql"),
    "nginx": (_program("nginx"), "install Debian's package nginx-light"),
    "promtool": (_program("promtool"), "install Debian's package prometheus"),
    "systemd-machine": (systemd_machine.can_boot, "run as root, with namespaces and Debian's package systemd"),
    "systemd-analyze": (_program("systemd-analyze"), "install Debian's package systemd"),
    "tpm": (
        lambda: _program("swtpm")() and find_spec("tpm2_pytss") is not None,
        "install Debian's packages swtpm and libtss2-dev, then pip install 'setapart[tpm]'",
    ),
    "softhsm": (
        lambda: _program("softhsm2-util")() and find_spec("pkcs11") is not None,
        "install Debian's package softhsm2, then pip install 'setapart[pkcs11]'",
    ),
    "go": (
        lambda: _program("go")() and Path("/usr/share/gocode/src/golang.org/x/mod").is_dir(),
        "install Debian's packages golang-go and golang-golang-x-mod-dev",
    ),
    "strace": (_program("strace"), "install Debian's package strace"),
    "eatmydata": (_program("eatmydata"), "install Debian's package eatmydata"),
    "libreoffice": (_program("soffice"), "install Debian's package libreoffice-calc-nogui"),
    "hatchling": (lambda: find_spec("hatchling") is not None, "pip install hatchling"),
    "package-index": (
        lambda: "package-index" in REQUIRED,
        "name it in SETAPART_REQUIRE where pip may download packages",
    ),
    "docs-site": (lambda: find_spec("zensical") is not None, "pip install -r requirements/docs.txt"),
    "shellcheck": (_program("shellcheck"), "install Debian's package shellcheck"),
    "mounts": (_mounts, "run as root where a process may have mounts of its own"),
    "root": (lambda: hasattr(os, "geteuid") and os.geteuid() == 0, "run as root"),
    "securesystemslib": (lambda: find_spec("securesystemslib") is not None, "pip install securesystemslib"),
    "pymobiledevice3": (lambda: find_spec("pymobiledevice3") is not None, "pip install 'setapart[ios-usb]'"),
    "iphone-backup-decrypt": (lambda: find_spec("iphone_backup_decrypt") is not None, "pip install 'setapart[ios]'"),
    "in-toto-attestation": (lambda: find_spec("in_toto_attestation") is not None, "pip install in-toto-attestation"),
}
REQUIRED = frozenset(filter(None, os.environ.get("SETAPART_REQUIRE", "").split(",")))


def pytest_configure() -> None:
    """Refuses a requirement that no test could mean."""
    unknown = REQUIRED - PARTS.keys()
    if unknown:
        raise pytest.UsageError(f"SETAPART_REQUIRE names unknown parts: {', '.join(sorted(unknown))}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips, or fails where the part is required, a test whose part is missing."""
    for marker in item.iter_markers("needs"):
        for part in marker.args:
            present, cure = PARTS[part]
            if present():
                continue
            if part in REQUIRED:
                pytest.fail(f"needs {part}, which SETAPART_REQUIRE demands: {cure}", pytrace=False)
            pytest.skip(f"needs {part}: {cure}")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real captures; mark the test `needs("corpus")`."""
    return CORPUS
