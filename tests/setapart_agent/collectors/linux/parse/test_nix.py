"""Store paths of Nix and Guix."""

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import nix

HASH = "001ciw23lic5m5lx4a08bprvmixr75qy"
SAMPLE = f"/nix/store/{HASH}-telegram-desktop-4.8.1\n/nix/store/{HASH}-telegram-desktop-4.8.1.drv\n"


def test_survives_hostile_files() -> None:
    assert_survives(nix, "store", SAMPLE.encode())


def test_programs_count_and_recipes_do_not() -> None:
    lines = [f"{HASH}-{name}" for name in ("x-1.tar.gz", "x-1-source", "fix.patch", "python3.5-pycairo-1.10.0", "run")]
    assert [(app.identifier, app.version) for app in nix.programs(lines, "system")] == [
        ("python3.5-pycairo", "1.10.0"),
        ("run", None),
    ]


def test_one_row_per_program_and_version() -> None:
    (app,) = parsed(nix, SAMPLE + SAMPLE.replace("001c", "002c")).apps
    assert (app.identifier, app.version, app.source) == ("telegram-desktop", "4.8.1", "package-manager")


def test_other_lines_are_told() -> None:
    assert parsed(nix, SAMPLE + "error: cannot connect\n").coverage[0].status == "failed"
