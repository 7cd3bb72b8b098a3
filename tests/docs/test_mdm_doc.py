"""docs/mdm.md: its settings load, its tables name every key, and its commands print what is shown, on loopback."""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from markdown import code, codes, document, examples, section, shows, table, tables
from mdm_servers import (
    AmapiEnterprise,
    FleetServer,
    GraphTenant,
    Manager,
    amapi_device,
    amapi_settings,
    fleet_host,
    fleet_settings,
    graph_app,
    graph_device,
    graph_settings,
)
from repository import REPOSITORY
from setapart_agent.collectors.mdm.live import PULLS
from setapart_agent.collectors.mdm.pull.settings import (
    AmapiSettings,
    FleetSettings,
    GraphSettings,
    Settings,
    read_settings,
)
from typed_commands import run_typed

GUIDE = document("docs/mdm.md")
KINDS: dict[str, type[Settings]] = {"graph": GraphSettings, "amapi": AmapiSettings, "fleet": FleetSettings}
HEADINGS = {"graph": "Microsoft Intune", "amapi": "Android Management API", "fleet": "Fleet"}
PULL = REPOSITORY / "agent" / "setapart_agent" / "collectors" / "mdm"


@pytest.fixture
def managers(workplace: Path) -> Iterator[Path]:
    """The demo's folder with two devices at each manager, and settings and secrets beside them."""
    shutil.rmtree(workplace / "reports", ignore_errors=True)
    devices = [graph_device(number) for number in (1, 2)]
    tenant = GraphTenant(devices, {str(one["id"]): [graph_app("Chrome")] for one in devices})
    with ExitStack() as stack:
        graph = stack.enter_context(Manager(tenant))
        amapi = stack.enter_context(Manager(AmapiEnterprise([amapi_device(1, "a.b"), amapi_device(2, "a.b")])))
        fleet = stack.enter_context(Manager(FleetServer([fleet_host(1, "a.b"), fleet_host(2, "a.b")])))
        tenant.url = graph.url
        graph_settings(workplace, graph.url)
        amapi_settings(workplace, amapi.url)
        fleet_settings(workplace, fleet.url)
        yield workplace


def test_every_example_prints_what_is_shown(managers: Path) -> None:
    wanted = examples(GUIDE)
    assert {example.needs for example in wanted} == {(), ("manager",)}
    last = 0
    for example in wanted:
        if example.command == "echo $?":
            assert example.shown == f"{last}\n"
            continue
        ran = run_typed(managers, example.command)
        last = ran.code
        assert shows(example.shown, ran.printed), f"{example.command}\nprinted:\n{ran.printed}"


@pytest.mark.parametrize("name", KINDS)
def test_the_settings_that_are_shown_load(name: str, tmp_path: Path) -> None:
    (shown,) = re.findall(rf"^```toml {name}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    path = tmp_path / "settings.toml"
    path.write_text(shown)
    read_settings(path, KINDS[name])


@pytest.mark.parametrize("name", KINDS)
def test_every_key_is_documented_and_no_other(name: str) -> None:
    own = {word for cell in table(GUIDE, HEADINGS[name]).column("key") for word in codes(cell)}
    shared = {word for cell in table(GUIDE, "Keys for all three").column("key") for word in codes(cell)}
    assert own | shared == set(KINDS[name].__struct_fields__)
    assert shared == set(Settings.__struct_fields__)


def test_every_manager_is_said_to_be_asked_for_what() -> None:
    assert tuple(map(code, table(GUIDE, "What goes over the network").column("manager"))) == tuple(PULLS)


def test_what_it_says_when_it_does_not_work_is_what_it_says() -> None:
    source = "".join(
        file.read_text(encoding="utf-8") for file in (PULL / "live.py", *sorted((PULL / "pull").glob("*.py")))
    )
    (found,) = tables(section(GUIDE, "When it does not work"))
    for cell in found.column("it says"):
        for words in cell.replace(", there is", "…there is").split("…"):
            assert words.strip() in source, words
