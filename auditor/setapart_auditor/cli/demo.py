"""`setapart-auditor demo`: the whole way, by the commands that anybody would type."""

import datetime as dt
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from setapart_auditor.config import config_root
from setapart_auditor.errors import AuditorError

_MODULES = {"setapart-agent": "setapart_agent", "setapart-auditor": "setapart_auditor"}
_VERDICTS = frozenset({0, 1, 3})
_RECORDED = "2026-11-20 09:00:00"
PACK = "no-2023"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPhone:
    """A phone of config/demo: its file, its place in the register, and whether somebody approved TikTok on it."""

    name: str
    serial: str
    device_class: str
    excepted: bool
    story: str


PHONES = (
    RecordedPhone(
        name="ordinary-with-tiktok",
        serial="DEMO0ORDINARY",
        device_class="ordinary",
        excepted=False,
        story="an ordinary service phone with TikTok",
    ),
    RecordedPhone(
        name="dedicated-excepted",
        serial="DEMO1PATROL",
        device_class="social-dedicated",
        excepted=True,
        story="a dedicated phone with TikTok, approved",
    ),
    RecordedPhone(
        name="dedicated-with-calendar",
        serial="DEMO2PRESS",
        device_class="social-dedicated",
        excepted=True,
        story="a dedicated phone that also reaches an internal calendar",
    ),
    RecordedPhone(
        name="work-profile-unread",
        serial="DEMO3FIELD",
        device_class="ordinary",
        excepted=False,
        story="a phone whose work profile could not be read",
    ),
)
OVERLAY = f"""\
# What the authority adds to the shipped pack: what is its own.
base = "{PACK}"
id = "{PACK}-demo"
version = 1
title = "The demo's authority"

[internal]
domains = ["agency.example"]
"""


@click.command("demo")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="A new folder. Default: setapart-demo.")
def command(*, folder: Path | None) -> None:
    """See it work: this machine for real, and four recorded phones, judged by the Norwegian advice of 2023.

    Everything happens in a new folder, by commands that are printed as they run. Nothing leaves this machine.
    """
    home = _new_folder(folder)
    click.echo(f"Everything is in {home}\n")
    click.secho("Keys: this workstation has one; a station has one and reads phones.", bold=True)
    _run(home, "setapart-agent", "keygen", "--output", "workstation.pem")
    _run(home, "setapart-agent", "keygen", "--output", "station.pem")
    click.secho("\nThe authority says what is its own, and what may leave a device.", bold=True)
    home.joinpath("authority.toml").write_text(OVERLAY, encoding="utf-8")
    sent = ("--bundle", "bundle.json", "--epoch", "epoch.json")
    rule = ("--pack", PACK, "--overlay", "authority.toml", "--dir", "state")
    _run(home, "setapart-auditor", "policy", "bundle", *rule, "--output", "bundle.json")
    click.secho("\nThis machine, for real; then four phones by the bug reports that were taken of them.", bold=True)
    epoch = ("epoch", "issue", "--dir", "state", "--output", "epoch.json")
    issued = _run(home, "setapart-auditor", *epoch, kept=True)
    home.joinpath("evidence").mkdir()
    home.joinpath("phones").mkdir()
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    _run(home, "setapart-agent", "report", "--key", "workstation.pem", *sent, "--output", "evidence/this.evidence")
    for phone in PHONES:
        recorded = config_root() / "demo" / f"{phone.name}.txt"
        # The recordings are dated yesterday: old evidence is stale, and this is not what they are to show.
        text = recorded.read_text(encoding="utf-8").replace(_RECORDED, f"{yesterday.isoformat()} 09:00:00")
        home.joinpath("phones", recorded.name).write_text(text, encoding="utf-8")
        source = ("--source", f"bugreport:phones/{recorded.name}")
        output = ("--output", f"evidence/{phone.name}.evidence")
        _run(home, "setapart-agent", "report", *source, "--key", "station.pem", *sent, *output)
    home.joinpath("register.toml").write_text(_register(dt.datetime.now(dt.UTC).date()) + issued, encoding="utf-8")
    click.secho("\nThe verdicts.", bold=True)
    files = ("evidence/this.evidence", *(f"evidence/{phone.name}.evidence" for phone in PHONES))
    verify = ("verify", *files, "--register", "register.toml", *rule)
    _run(home, "setapart-auditor", *verify, accepts=_VERDICTS)
    one = ("verify", "evidence/dedicated-excepted.evidence", *verify[len(files) + 1 :])
    next_year = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=365)).isoformat()
    click.secho("\nTry next:", bold=True)
    click.echo(f"  cd {shlex.quote(str(home))}")
    programs = Path(sys.executable).parent
    if shutil.which("setapart-auditor") is None and programs.joinpath("setapart-auditor").exists():
        click.echo(f"  PATH={shlex.quote(str(programs))}:$PATH")
    for words in (
        ("setapart-auditor", *one, "--verbose"),
        ("setapart-agent", "inventory", "--bundle", "bundle.json"),
        ("setapart-agent", "doctor"),
        ("setapart-auditor", *one, "--at", next_year),
        ("setapart-auditor", "policy", "show", PACK),
        ("setapart-auditor", "policy", "check", PACK, "--overlay", "authority.toml"),
    ):
        click.echo(f"  {shlex.join(words)}")


def _new_folder(chosen: Path | None) -> Path:
    """A folder that did not exist before.

    Raises:
        AuditorError: the chosen one exists, or none can be made.
    """
    if chosen is not None:
        candidates = [chosen]
    else:
        candidates = [Path("setapart-demo"), *(Path(f"setapart-demo-{number}") for number in range(2, 1000))]
    for folder in candidates:
        try:
            folder.mkdir(parents=chosen is not None)
        except FileExistsError:
            continue
        except OSError as exc:
            raise AuditorError(f"{folder} can't be made: {exc.strerror}", cure="choose another with --dir") from None
        return folder.resolve()
    raise AuditorError(f"{candidates[0]} exists", expected="a new folder", cure="choose another with --dir")


def _run(
    home: Path, program: str, *arguments: str, accepts: frozenset[int] = frozenset({0}), kept: bool = False
) -> str:
    """Prints a command as typed and runs it in the demo's folder.

    Returns:
        What it printed, if that is to be `kept`; else the terminal has it alone.

    Raises:
        AuditorError: it ended with a code that it should not end with.
    """
    click.echo(click.style(f"$ {shlex.join((program, *arguments))}", dim=True))
    sys.stdout.flush()
    # Our own programs with arguments made above; no shell.
    ran = subprocess.run(  # noqa: S603
        (sys.executable, "-m", _MODULES[program], *arguments),
        cwd=home,
        check=False,
        stdout=subprocess.PIPE if kept else None,
        text=True,
    )
    click.echo(ran.stdout or "", nl=False)
    if ran.returncode not in accepts:
        raise AuditorError(
            f"{program} {arguments[0]} ended with exit code {ran.returncode}", cure="see its message above"
        )
    return ran.stdout or ""


def _register(today: dt.date) -> str:
    """The register: this machine by its key, the phones by their serials, and two approved needs."""
    lines = [
        "# The register: the caller's own statement about devices, holders and approved needs.",
        *_table("device", name="this-workstation", key="workstation.pub", **{"class": "ordinary"}, holder="h0"),
    ]
    for number, phone in enumerate(PHONES, 1):
        lines.append(f"# {phone.story}")
        lines += _table(
            "device",
            name=phone.name,
            serial=phone.serial,
            platform="android",
            **{"class": phone.device_class},
            ownership="organisation",
            holder=f"h{number}",
            role="staff",
            unit="demo",
        )
    lines += _table("station", name="helpdesk", key="station.pub")
    for number, phone in enumerate(PHONES, 1):
        if phone.excepted:
            lines += _table(
                "exception",
                id=f"E-{number}",
                device=phone.name,
                app="tiktok",
                holder=f"h{number}",
                need="prevention outreach to young people",
                ground="communication",
                requested_by="o1",
                approved_by="o2",
                **{"from": today - dt.timedelta(days=30), "until": today + dt.timedelta(days=150)},
            )
    return "\n".join(lines)


def _table(table: str, /, **values: str | dt.date) -> list[str]:
    rows = [
        f"{key} = " + (value.isoformat() if isinstance(value, dt.date) else f'"{value}"')
        for key, value in values.items()
    ]
    return [f"[[{table}]]", *rows, ""]
