"""The guides: what they show is typed in order, each in a folder of its own, with real services on this machine."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from markdown import Example, commands, document, examples, files, section, shows
from repository import REPOSITORY
from service import free_port, make_certificate
from typed_commands import run_typed

GUIDES = sorted(path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "docs" / "guides").glob("*.md")) + [
    f"docs/operations/{name}.md" for name in ("backup-and-restore", "key-ceremony", "lost-device")
]
EXIT_CODE = "echo $?"
MACHINE = "machine"
"""`console machine`: what is printed is up to the machine, and so is the verdict: green, red or not seen."""
VERDICTS = {0, 1, 3}
SERVE = "setapart-auditor serve "
OFFICE = (
    "setapart-auditor init --overlay authority.toml --dir A",
    "setapart-agent keygen --output helpdesk.pem",
    "setapart-auditor officer add boss --role admin --dir A",
    "setapart-auditor officer add ola --role officer --as boss --dir A",
    "setapart-auditor officer add per --role approver --as boss --dir A",
    "setapart-auditor officer add rita --role auditor --as boss --dir A",
    "setapart-auditor device station add helpdesk --key helpdesk.pub --as ola --dir A",
    (
        "setapart-auditor device add phone-12 --class ordinary --holder ann --unit finance"
        " --serial DEMO0ORDINARY --platform android --as ola --dir A"
    ),
    (
        "setapart-auditor device add patrol-3 --class social-dedicated --holder bo --unit outreach"
        " --serial DEMO1PATROL --platform android --as ola --dir A"
    ),
    (
        "setapart-auditor device add field-7 --class ordinary --holder cem --unit outreach"
        " --serial DEMO3FIELD --platform android --as ola --dir A"
    ),
    (
        "setapart-auditor exception request --device patrol-3 --app tiktok --need outreach"
        " --until $(date -d +90days +%F) --as ola --dir A > asked"
    ),
    "setapart-auditor exception approve $(cat asked) --as per --dir A",
    "setapart-auditor policy bundle --pack no-2023 --overlay authority.toml --output office.json --dir A",
    "setapart-auditor epoch issue --output week.json --dir A",
    *(
        f"setapart-agent report --source bugreport:phones/{phone}.txt --key helpdesk.pem --bundle office.json"
        f" --epoch week.json --output came/{name}.evidence"
        for name, phone in (
            ("phone-12", "ordinary-with-tiktok"),
            ("patrol-3", "dedicated-excepted"),
            ("field-7", "work-profile-unread"),
        )
    ),
    "setapart-auditor ingest came --dir A",
)
"""An auditor with officers, and three phones of which each has reported once."""
BEFORE = {
    "docs/operations/backup-and-restore.md": OFFICE,
    "docs/operations/lost-device.md": OFFICE,
}
GOES_ON_AFTER = {"docs/guides/run-an-audit.md": "docs/guides/check-a-phone.md"}
"""Guides that begin in the folder where another one ends."""
_ADDRESS = re.compile(r"(0\.0\.0\.0|127\.0\.0\.1|auditor\.agency\.example):(\d{4})")


class Place:
    """A folder in which a guide is followed; each address that it shows is a free port of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ports: dict[str, int] = {}

    def here(self, text: str) -> str:
        """The text with addresses of this machine."""
        return _ADDRESS.sub(lambda found: f"127.0.0.1:{self._port(found[2])}", text)

    def _port(self, shown: str) -> int:
        if shown not in self._ports:
            self._ports[shown] = free_port()
        return self._ports[shown]

    @contextmanager
    def serving(self, example: Example) -> Iterator[None]:
        """A service while the guide goes on, once it has said what is shown."""
        with (self.folder / "serve.log").open("w") as log:
            child = subprocess.Popen(
                ["bash", "-c", f"exec {self.here(example.command)}"],
                cwd=self.folder,
                env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            assert child.stdout is not None
            try:
                printed = child.stdout.readline()
                assert shows(self.here(example.shown), printed), f"{example.command}\nprinted:\n{printed}"
                yield
            finally:
                child.send_signal(signal.SIGTERM)
                assert child.wait(60) == 0
                child.stdout.close()


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_prints_what_it_shows(guide: str, workplace: Path) -> None:
    text = document(guide)
    (workplace / "came").mkdir()
    for name, content in files(text):
        (workplace / name).write_text(content)
    place = Place(workplace)
    made = make_certificate(workplace / "made")
    made.certificate.rename(workplace / "auditor.crt")
    made.key.rename(workplace / "auditor.key")
    made.authority.rename(workplace / "agency-ca.pem")
    for line in BEFORE.get(guide, ()):
        ran = run_typed(workplace, line)
        assert ran.code == 0, f"{line}\nprinted:\n{ran.printed}"
    wanted = examples(text)
    assert wanted
    if guide in GOES_ON_AFTER:
        wanted = (*examples(document(GOES_ON_AFTER[guide])), *wanted)
    with ExitStack() as running:
        follow(place, wanted, running)


def installation() -> list[str]:
    """The commands that install both programs, as the first guide shows them."""
    return list(commands(section(document("docs/guides/install-in-ten-minutes.md"), "Install")))


def test_the_first_guide_installs_as_the_readme_does() -> None:
    (typed,) = (
        line for line in commands(document("README.md")) if line.endswith("setapart-auditor demo") and "&&" in line
    )
    assert installation() == [*typed.split(" && ")[:-1], ". .venv/bin/activate"]


@pytest.mark.needs("package-index")
def test_what_the_first_guide_installs_runs(tmp_path: Path) -> None:
    for name in ("agent", "auditor", "config", "requirements"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, tmp_path)
    typed = "\n".join([*installation(), "setapart-agent --version", "setapart-auditor --version"])
    done = subprocess.run(["bash", "-ec", typed], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [line.partition(",")[0] for line in done.stdout.splitlines()] == ["setapart-agent", "setapart-auditor"]


def follow(place: Place, wanted: Sequence[Example], running: ExitStack) -> None:
    """Types the examples in order; a command that fails must be followed by `echo $?`, which shows its code."""
    code = 0
    for example, after in zip(wanted, [*wanted[1:], None], strict=True):
        if example.command == EXIT_CODE:
            assert example.shown == f"{code}\n", example
            continue
        if example.command.startswith(SERVE):
            running.enter_context(place.serving(example))
            continue
        ran = run_typed(place.folder, place.here(example.command))
        code = ran.code
        assert shows(place.here(example.shown), ran.printed), f"{example.command}\nprinted:\n{ran.printed}"
        allowed = VERDICTS if MACHINE in example.needs else {0}
        said = after is not None and after.command == EXIT_CODE
        assert code in allowed or said, f"{example.command} ended with {code}"
