"""setapart_agent/state_owner.py: root sees what it alone may, and is led nowhere by whose folder it writes to."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from laid_agent import SYSTEM_PYTHON, lay_agent
from small_auditor import SmallAuditor

OWNER = 65533
pytestmark = [pytest.mark.needs("root"), pytest.mark.needs("system-python")]


@pytest.fixture(scope="module")
def laid() -> Iterator[Path]:
    """The agent where another user can read it, unlike in pytest's own folders."""
    with tempfile.TemporaryDirectory(prefix="state-owner-") as folder:
        Path(folder).chmod(0o755)
        yield lay_agent(Path(folder, "agent"))


@pytest.fixture
def public() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="state-owner-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def state(laid: Path, public: Path, known: SmallAuditor) -> Path:
    """The folder of another user, enrolled by root with a file that root alone may read."""
    folder = public / "state"
    folder.mkdir(mode=0o700)
    os.chown(folder, OWNER, OWNER)
    drop_in = public / "enrol.toml"
    drop_in.write_text(f'token = "{known.token.spelled()}"\nname = "desk"\n')
    drop_in.chmod(0o600)
    ran = run(laid, "enrol-unattended", drop_in, "--dir", folder)
    assert ran.returncode == 0, ran.stderr
    return folder


def run(laid: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Runs the agent as root, in a process of its own: some give their rights back for good."""
    return subprocess.run(
        [SYSTEM_PYTHON, "-I", "-S", "-B", laid, *map(str, words)], capture_output=True, text=True, check=False
    )


def owners(folder: Path) -> set[tuple[int, int]]:
    return {(found.st_uid, found.st_gid) for found in (path.lstat() for path in (folder, *folder.rglob("*")))}


def test_what_root_writes_there_is_the_owners(laid: Path, state: Path) -> None:
    assert (state / "key.pem").exists()
    ran = run(laid, "report", "--no-deliver", "--dir", state)
    assert ran.returncode == 0, ran.stderr
    assert len(list((state / "spool").glob("*.evidence"))) == 1
    assert owners(state) == {(OWNER, OWNER)}


def test_a_link_in_the_spools_place_leads_root_nowhere(laid: Path, state: Path, public: Path) -> None:
    vault = public / "vault"
    vault.mkdir(mode=0o700)
    (state / "spool").symlink_to(vault)
    ran = run(laid, "report", "--no-deliver", "--dir", state)
    assert list(vault.iterdir()) == []
    assert ran.returncode == 2
    assert "Permission denied" in ran.stderr


def test_a_file_of_roots_that_is_linked_in_the_chains_place_is_not_written(
    laid: Path, state: Path, public: Path
) -> None:
    assert run(laid, "report", "--no-deliver", "--dir", state).returncode == 0
    chain = state / "key.pem.chain"
    roots = public / "roots"
    roots.write_bytes(chain.read_bytes())
    roots.chmod(0o644)
    chain.unlink()
    os.link(roots, chain)
    before = roots.read_bytes()
    ran = run(laid, "report", "--no-deliver", "--dir", state)
    assert roots.read_bytes() == before
    assert ran.returncode == 2


def probe(laid: Path, public: Path, *lines: str) -> str:
    """Runs lines that have the module's functions. Returns what they print."""
    script = public / "probe.py"
    before = (
        "import os, sys",
        f"sys.path.insert(0, {str(laid)!r})",
        "from pathlib import Path",
        "from setapart_agent.state_owner import act_as_owner, as_root, become_owner",
    )
    script.write_text("\n".join((*before, *lines)) + "\n")
    ran = subprocess.run([SYSTEM_PYTHON, "-I", "-S", script], capture_output=True, text=True, check=True)
    return ran.stdout


def test_what_root_alone_may_read_is_read_and_nothing_else_is_done_as_root(
    laid: Path, state: Path, public: Path
) -> None:
    secret = public / "secret"
    secret.write_text("seen")
    secret.chmod(0o600)
    told = probe(
        laid,
        public,
        f"secret = Path({str(secret)!r})",
        f"act_as_owner(Path({str(state)!r}))",
        "for item in as_root(path.read_text() for path in (secret,)):",
        "    print(item, os.geteuid(), os.getegid(), os.getgroups())",
        "try:",
        "    secret.read_text()",
        "except PermissionError:",
        "    print('refused')",
    )
    assert told.splitlines() == [f"seen {OWNER} {OWNER} []", "refused"]


def test_a_collection_that_fails_leaves_no_rights_behind(laid: Path, state: Path, public: Path) -> None:
    told = probe(
        laid,
        public,
        f"act_as_owner(Path({str(state)!r}))",
        "try:",
        "    next(as_root(1 // zero for zero in (0,)))",
        "except ZeroDivisionError:",
        "    print(os.geteuid(), os.getegid())",
    )
    assert told == f"{OWNER} {OWNER}\n"


def test_enrolling_gives_roots_rights_back_for_good(laid: Path, state: Path, public: Path) -> None:
    told = probe(
        laid,
        public,
        f"become_owner(Path({str(state)!r}))",
        "try:",
        "    os.seteuid(0)",
        "except PermissionError:",
        "    print(os.getuid(), os.getgid(), os.getgroups())",
    )
    assert told == f"{OWNER} {OWNER} []\n"


def test_who_is_not_root_stays_as_it_is(laid: Path, state: Path, public: Path) -> None:
    told = probe(
        laid,
        public,
        "os.setuid(65532)",
        f"act_as_owner(Path({str(state)!r}))",
        f"become_owner(Path({str(state)!r}))",
        "print(list(as_root(iter((os.geteuid(),)))))",
    )
    assert told == "[65532]\n"


def test_rights_that_nobody_gave_back_here_are_not_taken(laid: Path, state: Path, public: Path) -> None:
    told = probe(
        laid,
        public,
        "os.seteuid(65532)",  # by whoever started the agent
        f"print(act_as_owner(Path({str(state)!r})))",
        "os.seteuid(0)",
        f"print(act_as_owner(Path({str(state)!r})), os.geteuid())",
    )
    assert told == f"False\nTrue {OWNER}\n"
