"""A root folder like a Mac's, in which the package's own scripts run with this machine's shell, find and Python.

Only launchctl, dscl and pkgutil stand in for macOS's: they keep what they are told, and refuse what those refuse.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from agent_packages.macos import tree

BASE = "/Library/Application Support/Setapart"
SCRIPTS = tree.SOURCES / "scripts"
_LAUNCHCTL = """\
#!/bin/sh
echo "launchctl $*" >> /told
job=${2##*/}
case $1 in
bootout) [ -e "/jobs/$job" ] || exit 3; rm "/jobs/$job" ;;
bootstrap) job=${3##*/}; job=${job%.plist}; [ -e "$3" ] && [ ! -e "/jobs/$job" ] || exit 5; : > "/jobs/$job" ;;
kickstart) [ -e "/jobs/$job" ] || exit 113 ;;
esac
"""
_DSCL = """\
#!/bin/sh
# dscl . -VERB /KIND[/NAME] [KEY [VALUE]]
verb=$2 record=/directory$3 key=$4
case $verb in
-create)
	echo "dscl -create $3${4:+ $4}" >> /told
	mkdir -p "$record"
	[ -z "$key" ] || printf '%s\\n' "$5" > "$record/$key" ;;
-read)
	[ -d "$record" ] || exit 56
	if [ -z "$key" ]; then ls "$record"
	elif [ -e "$record/$key" ]; then echo "$key: $(cat "$record/$key")"
	else echo "No such key: $key"; fi ;;
-list) for one in "$record"/*; do [ ! -e "$one/$key" ] || echo "${one##*/}    $(cat "$one/$key")"; done ;;
-delete) echo "dscl -delete $3" >> /told; rm -r "$record" ;;
esac
: > /etc/passwd; : > /etc/group
for one in /directory/Users/*; do
	[ ! -e "$one/UniqueID" ] ||
		echo "${one##*/}:*:$(cat "$one/UniqueID"):$(cat "$one/PrimaryGroupID")::/:/usr/bin/false" >> /etc/passwd
done
for one in /directory/Groups/*; do
	[ ! -e "$one/PrimaryGroupID" ] || echo "${one##*/}:*:$(cat "$one/PrimaryGroupID"):" >> /etc/group
done
"""
_PKGUTIL = '#!/bin/sh\necho "pkgutil $*" >> /told\n'
_ENTER = """\
set -e
for folder in usr dev proc etc/alternatives; do mount --rbind "/$folder" "$0/$folder"; done
exec chroot "$0" /bin/sh -c "cd /; $1"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mac:
    """The stand-in: `root` is its root folder, `modules` what is installed as the agent's code."""

    root: Path
    modules: Path

    def path(self, name: str) -> Path:
        """A file of the agent's own folder."""
        return self.root / BASE.removeprefix("/") / name

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Runs a shell command as root there; its mounts end with it."""
        return subprocess.run(
            ["unshare", "--mount", "/bin/sh", "-c", _ENTER, self.root, command],
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
            env={"PATH": "/stand-in:/usr/bin:/bin:/usr/sbin:/sbin"},
        )  # fmt: skip

    def program(self, name: str, *words: object) -> subprocess.CompletedProcess[str]:
        """Runs one of the agent's programs as root."""
        return self.run(" ".join((f"'{BASE}/bin/{name}'", *map(str, words))))

    def as_service(self, name: str, *words: object) -> subprocess.CompletedProcess[str]:
        """Runs one of them as launchd does for `_setapart`."""
        user = "--reuid _setapart --regid _setapart --clear-groups"
        return self.run(" ".join((f"umask 077; exec setpriv {user} '{BASE}/bin/{name}'", *map(str, words))))

    def install(self) -> subprocess.CompletedProcess[str]:
        """What Installer does: preinstall, the files, postinstall. Returns how the last ended."""
        before = self.script("preinstall")
        assert before.returncode == 0, before.stderr
        shutil.copytree(self.modules, self.path("lib"), copy_function=os.link)
        tree.lay_sources(self.root)
        for program in self.path("bin").iterdir():
            program.chmod(0o755)
        return self.script("postinstall")

    def script(self, name: str) -> subprocess.CompletedProcess[str]:
        """Runs one of the package's two scripts as Installer does."""
        shutil.copy(SCRIPTS / name, self.root / "script")
        return self.run("/script /package.pkg / /")

    def told(self) -> list[str]:
        """What macOS's programs were told since the last time."""
        log = self.root / "told"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines


def stand_in(root: Path, modules: Path, python: Path) -> Mac:
    """Makes one, with a Python where device management puts it."""
    for folder in (
        "usr",
        "dev",
        "proc",
        "etc/alternatives",
        "tmp",
        "jobs",
        "stand-in",
        "directory/Users",
        "directory/Groups",
    ):
        (root / folder).mkdir(parents=True)
    for link in ("bin", "lib", "lib64", "sbin"):
        if Path("/", link).is_symlink():
            (root / link).symlink_to(f"usr/{link}")
    for folder in ("Application Support", "LaunchDaemons", "Logs"):
        (root / "Library" / folder).mkdir(parents=True)
    for name, text in (("launchctl", _LAUNCHCTL), ("dscl", _DSCL), ("pkgutil", _PKGUTIL)):
        (root / "stand-in" / name).write_text(text)
        (root / "stand-in" / name).chmod(0o755)
    # Of two groups and a user that macOS has, one has the last number for services.
    for record, key, number in (
        ("Users/root", "UniqueID", "0"),
        ("Users/root", "PrimaryGroupID", "0"),
        ("Groups/wheel", "PrimaryGroupID", "0"),
        ("Groups/com.apple.access_ssh", "PrimaryGroupID", "400"),
    ):
        (root / "directory" / record).mkdir(exist_ok=True)
        (root / "directory" / record / key).write_text(f"{number}\n")
    version = python.name.removeprefix("python")
    framework = root / "Library/ManagedFrameworks/Python/Python3.framework/Versions" / version
    (framework / "bin").mkdir(parents=True)
    (framework / "lib" / python.name).mkdir(parents=True)
    (framework / "bin" / python.name).symlink_to(python)
    root.chmod(0o755)
    return Mac(root=root, modules=modules)
