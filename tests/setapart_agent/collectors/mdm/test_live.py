"""Pulls as they are typed: every manager over loopback, stopped and taken up, refused where it must be."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from mdm_servers import (
    FLEET_TOKEN,
    GRAPH_SECRET,
    AmapiEnterprise,
    Asked,
    Authority,
    FleetServer,
    GraphTenant,
    Manager,
    Watch,
    always,
    amapi_device,
    amapi_settings,
    fleet_host,
    fleet_settings,
    graph_app,
    graph_device,
    graph_settings,
    once,
    said,
)
from setapart_agent.collectors.base import Collected
from setapart_agent.collectors.mdm.live import PARSED_AS, PULLS, collect_live
from setapart_agent.collectors.mdm.parse import amapi, graph, osquery
from setapart_agent.errors import SourceError
from setapart_agent.sources import collect_all, parse_source
from setapart_evidence.model import Coverage

APPS = ("TikTok", "Chrome")


def tenant(count: int, *, page: int = 1000, names: tuple[str, ...] = APPS) -> GraphTenant:
    devices = [graph_device(number) for number in range(count)]
    return GraphTenant(devices, {str(one["id"]): [graph_app(name) for name in names] for one in devices}, page=page)


def serving(answers: GraphTenant) -> Manager:
    manager = Manager(answers)
    answers.url = manager.url
    return manager


def pulled(name: str, path: Path, watch: Watch | None = None, *, resume: bool = False) -> Iterator[Collected]:
    return collect_live(name, path, resume=resume, clock=(watch or Watch()).clock, say=lambda text: None)


def serials(devices: Iterator[Collected]) -> list[str | None]:
    return [one.facts.device.serial for one in devices]


def apps_rows(one: Collected) -> list[Coverage]:
    return [row for row in one.facts.coverage if row.section == "apps"]


# Microsoft Graph ------------------------------------------------------------------------------------------------------


def test_intune_s_devices_come_with_their_apps_as_their_export_would(tmp_path: Path) -> None:
    with serving(tenant(3)) as manager:
        found = list(pulled("graph", graph_settings(tmp_path, manager.url)))
    whole = {**graph_device(1), "detectedApps": [graph_app(name) for name in APPS]}
    (exported,) = graph.devices(json.dumps({"value": [whole]}).encode())
    assert found[1].facts == exported.facts
    assert found[1].taken_at == exported.taken_at
    assert [info.name for info in found[1].collectors] == ["mdm.graph", "mdm.graph-pull"]


def test_intune_s_pages_and_batches_ask_for_every_device_once(tmp_path: Path) -> None:
    with serving(tenant(45, page=30)) as manager:
        assert serials(pulled("graph", graph_settings(tmp_path, manager.url))) == [f"INT{n:05d}" for n in range(45)]
    batches = [json.loads(asked.body)["requests"] for asked in manager.asked if asked.path == "/beta/$batch"]
    assert [len(requests) for requests in batches] == [20, 10, 15]
    assert sum(asked.path == "/v1.0/deviceManagement/managedDevices" for asked in manager.asked) == 2
    assert len(manager.asked) == 1 + 2 + 3


def test_graph_is_asked_for_no_more_than_is_read(tmp_path: Path) -> None:
    with serving(tenant(1)) as manager:
        list(pulled("graph", graph_settings(tmp_path, manager.url, page_size=7)))
    query = manager.asked[1].query
    assert query["$top"] == "7"
    asked_for = set(query["$select"].split(","))
    assert not asked_for & {"userId", "userDisplayName", "emailAddress", "phoneNumber", "imei", "wiFiMacAddress"}


def test_a_list_of_apps_that_goes_on_elsewhere_is_read_to_its_end(tmp_path: Path) -> None:
    names = tuple(f"App {number}" for number in range(130))
    answers = tenant(2, names=names)
    answers.app_page = 50
    with serving(answers) as manager:
        found = list(pulled("graph", graph_settings(tmp_path, manager.url)))
    assert [len(one.facts.apps) for one in found] == [130, 130]


def test_a_list_of_apps_without_end_is_a_failure_of_this_device_alone(tmp_path: Path) -> None:
    answers = tenant(2)
    first = str(graph_device(0)["id"])
    with serving(answers) as manager:
        link = f"{manager.url}/beta/deviceManagement/managedDevices/{first}?$skiptoken=1"
        again = said({"value": [graph_app("x")], "@odata.nextLink": link})
        manager.fail(always(again, when=lambda asked: asked.query.get("$skiptoken") == "1"))
        begun = said({"detectedApps": [], "detectedApps@odata.nextLink": link})
        manager.fail(always(begun, when=lambda asked: asked.path.endswith(first)))
        manager.fail(always(said({}, 400), when=lambda asked: asked.path == "/beta/$batch"))
        found = list(pulled("graph", graph_settings(tmp_path, manager.url)))
    assert [(row.status, row.reason) for row in apps_rows(found[0])] == [
        ("failed", "the manager's list of apps has no end")
    ]
    assert len(found[1].facts.apps) == 2


def test_apps_of_one_device_that_fail_are_said_and_the_others_go_on(tmp_path: Path) -> None:
    answers = tenant(3)
    del answers.apps[str(graph_device(1)["id"])]  # type: ignore[attr-defined]
    with serving(answers) as manager:
        found = list(pulled("graph", graph_settings(tmp_path, manager.url)))
    (row,) = apps_rows(found[1])
    assert (row.status, row.reason, row.collector) == ("failed", "the manager answers with status 404", "mdm.graph")
    assert found[1].facts.apps == ()
    assert [len(one.facts.apps) for one in found] == [2, 0, 2]


@pytest.mark.parametrize("body", [{}, {"detectedApps": None}, {"detectedApps": "none"}, []])
def test_an_answer_without_a_list_of_apps_is_no_empty_list(body: object, tmp_path: Path) -> None:
    answers = tenant(1)
    with serving(answers) as manager:
        manager.fail(always(said(body), when=lambda asked: asked.path.startswith("/beta/")))
        (one,) = pulled("graph", graph_settings(tmp_path, manager.url))
    (row,) = apps_rows(one)
    assert (row.status, row.reason) == ("failed", "the manager's answer is not a device with its apps")


def test_apps_that_are_denied_say_so(tmp_path: Path) -> None:
    with serving(tenant(2)) as manager:
        manager.fail(always(said({}, 403), when=lambda asked: asked.path.startswith("/beta/")))
        found = list(pulled("graph", graph_settings(tmp_path, manager.url)))
    assert {(row.status, row.reason) for one in found for row in apps_rows(one)} == {
        ("denied", "the manager denies access")
    }


def test_a_batch_that_is_not_answered_is_no_loss(tmp_path: Path) -> None:
    answers = tenant(25)
    answers.batches = False
    with serving(answers) as manager:
        assert [len(one.facts.apps) for one in pulled("graph", graph_settings(tmp_path, manager.url))] == [2] * 25


def test_a_throttled_list_is_waited_for(tmp_path: Path) -> None:
    watch = Watch()
    with serving(tenant(2)) as manager:
        manager.fail(once(said({}, 429, Retry_After="11"), when=lambda asked: "managedDevices" in asked.path))
        assert len(list(pulled("graph", graph_settings(tmp_path, manager.url), watch))) == 2
    assert watch.waits == [11.0]


def test_a_token_that_ends_early_is_renewed(tmp_path: Path) -> None:
    answers = tenant(45, page=30)
    with serving(answers) as manager:
        run = pulled("graph", graph_settings(tmp_path, manager.url))
        assert len(list(islice(run, 25))) == 25
        answers.tokens += 1  # what was given out is no longer good
        assert len(list(run)) == 20


def test_a_link_to_another_host_is_not_followed(tmp_path: Path) -> None:
    answers = tenant(4, page=2)
    with serving(answers) as manager, Manager(tenant(1)) as evil:
        answers.url = evil.url
        run = pulled("graph", graph_settings(tmp_path, manager.url))
        assert serials(islice(run, 2)) == ["INT00000", "INT00001"]
        with pytest.raises(SourceError, match="the manager names another host"):
            next(run)
    assert not evil.asked


def test_a_wrong_secret_is_put_into_words_and_never_shown(tmp_path: Path) -> None:
    path_of = graph_settings
    with serving(tenant(1)) as manager:
        path = path_of(tmp_path, manager.url)
        (tmp_path / "graph.secret").write_text("wr0ng-secret")
        with pytest.raises(SourceError, match="the client secret is wrong") as caught:
            list(pulled("graph", path))
    assert "wr0ng-secret" not in str(caught.value)
    assert GRAPH_SECRET not in str(caught.value)


def test_a_list_that_is_denied_names_the_permission(tmp_path: Path) -> None:
    with serving(tenant(1)) as manager:
        manager.fail(always(said({}, 403), when=lambda asked: asked.path.startswith("/v1.0/")))
        with pytest.raises(SourceError, match=r"DeviceManagementManagedDevices\.Read\.All"):
            list(pulled("graph", graph_settings(tmp_path, manager.url)))


@pytest.mark.parametrize("body", [[], {}, {"value": None}, {"value": {}}, {"error": "x"}])
def test_a_list_that_is_none_is_our_error(body: object, tmp_path: Path) -> None:
    with serving(tenant(1)) as manager:
        manager.fail(always(said(body), when=lambda asked: asked.path.startswith("/v1.0/")))
        with pytest.raises(SourceError, match="is not a page of devices"):
            list(pulled("graph", graph_settings(tmp_path, manager.url)))


def test_records_without_an_id_are_told_after_the_others(tmp_path: Path) -> None:
    answers = tenant(3)
    del answers.devices[1]["id"]
    answers.devices.append(graph_device(9, id=17))
    with serving(answers) as manager:
        run = pulled("graph", graph_settings(tmp_path, manager.url))
        assert serials(islice(run, 2)) == ["INT00000", "INT00002"]
        with pytest.raises(SourceError, match="2 records of the manager can't be read: they have no id"):
            next(run)


# Android Management API -----------------------------------------------------------------------------------------------


def test_managed_phones_come_as_their_export_would(tmp_path: Path) -> None:
    policy = {"name": "enterprises/LC01/policies/patrol", "applications": [
        {"packageName": "org.telegram.messenger", "installType": "BLOCKED"},
        {"packageName": "com.android.chrome", "installType": "AVAILABLE"},
    ]}  # fmt: skip
    phones = [
        amapi_device(1, "com.zhiliaoapp.musically"),
        amapi_device(2, "org.fedilab", managementMode="PROFILE_OWNER"),
        {name: value for name, value in amapi_device(3).items() if name != "applicationReports"},
    ]
    with Manager(AmapiEnterprise(phones, [policy])) as manager:
        found = list(pulled("amapi", amapi_settings(tmp_path, manager.url)))
    exported = list(amapi.devices(json.dumps({"devices": phones, "policies": [policy]}).encode()))
    assert [one.facts for one in found] == [one.facts for one in exported]
    assert [one.taken_at for one in found] == [one.taken_at for one in exported]
    assert found[0].facts.enforcement[0].identifiers == ("org.telegram.messenger",)
    assert apps_rows(found[2])[0].status == "denied"


def test_pages_of_phones_are_turned_by_their_token(tmp_path: Path) -> None:
    with Manager(AmapiEnterprise([amapi_device(number) for number in range(230)])) as manager:
        assert len(set(serials(pulled("amapi", amapi_settings(tmp_path, manager.url))))) == 230
    asked = [asked.query for asked in manager.asked if asked.path.endswith("/devices")]
    assert [query.get("pageToken") for query in asked] == [None, "t100", "t200"]
    assert not any(word in query["fields"] for query in asked for word in ("networkInfo", "userName", "memory"))


def test_policies_that_are_denied_are_no_reason_to_stop(tmp_path: Path) -> None:
    with Manager(AmapiEnterprise([amapi_device(1, "a.b")])) as manager:
        manager.fail(always(said({}, 403), when=lambda asked: asked.path.endswith("/policies")))
        (one,) = pulled("amapi", amapi_settings(tmp_path, manager.url))
    assert one.facts.enforcement == ()
    assert apps_rows(one)[0].status == "observed"


def test_blocks_of_a_policy_on_a_later_page_count(tmp_path: Path) -> None:
    policies = [
        {"name": f"enterprises/LC01/policies/{name}", "applications": [{"packageName": name, "installType": "BLOCKED"}]}
        for name in ("org.other", "patrol")
    ]
    answers = AmapiEnterprise([amapi_device(1, "a.b")], policies)
    answers.page = 1
    with Manager(answers) as manager:
        (one,) = pulled("amapi", amapi_settings(tmp_path, manager.url))
    assert [block.identifiers for block in one.facts.enforcement] == [("patrol",)]


def test_phones_that_can_not_be_read_are_told_after_the_others(tmp_path: Path) -> None:
    nameless = amapi_device(1)
    del nameless["name"]
    phones = [nameless, {"name": "enterprises/LC01/devices/2"}, amapi_device(3)]
    with Manager(AmapiEnterprise(phones)) as manager:
        run = pulled("amapi", amapi_settings(tmp_path, manager.url))
        assert serials(islice(run, 1)) == ["AND00003"]
        with pytest.raises(SourceError, match="2 records of the manager can't be read: an object that is no device"):
            next(run)


# Fleet ----------------------------------------------------------------------------------------------------------------


def test_hosts_of_fleet_come_as_their_export_would(tmp_path: Path) -> None:
    hosts = [fleet_host(number, "ph.telegra.Telegraph") for number in range(1, 45)]
    with Manager(FleetServer(hosts)) as manager:
        found = list(pulled("fleet", fleet_settings(tmp_path, manager.url)))
    exported = list(osquery.devices(json.dumps({"hosts": hosts}).encode()))
    assert [one.facts for one in found] == [one.facts for one in exported]
    assert [one.taken_at for one in found] == [one.taken_at for one in exported]
    assert {asked.headers["authorization"] for asked in manager.asked} == {f"Bearer {FLEET_TOKEN}"}


def test_a_host_that_slips_between_pages_while_others_are_removed_is_found(tmp_path: Path) -> None:
    server = FleetServer([fleet_host(number, "a.b") for number in range(1, 61)])
    with Manager(server) as manager:
        run = pulled("fleet", fleet_settings(tmp_path, manager.url))
        first = serials(islice(run, 10))  # the first page of 20 is read; two of its hosts are removed now
        server.hosts = [host for host in server.hosts if host["id"] not in (3, 4)]
        rest = list(run)
    found = first + serials(iter(rest))
    assert len(found) == len(set(found)) == 60
    assert all(apps_rows(one)[0].status == "observed" for one in rest)


def test_an_older_server_is_asked_in_its_own_words(tmp_path: Path) -> None:
    server = FleetServer([fleet_host(1, "a.b")])
    server.knows_lean = False
    with Manager(server) as manager:
        (one,) = pulled("fleet", fleet_settings(tmp_path, manager.url))
    assert [app.identifier for app in one.facts.apps] == ["a.b"]


def test_a_list_that_is_too_much_for_the_server_is_read_host_by_host(tmp_path: Path) -> None:
    server = FleetServer([fleet_host(number, "a.b") for number in range(1, 41)])
    server.broken_lists = True
    with Manager(server) as manager:
        found = list(pulled("fleet", fleet_settings(tmp_path, manager.url)))
    assert [apps_rows(one)[0].status for one in found] == ["observed"] * 40
    assert "/api/v1/fleet/hosts/40" in manager.paths()
    asked_with_software = [asked for asked in manager.asked if "populate_software" in asked.query]
    assert {asked.query["page"] for asked in asked_with_software} == {"0"}  # and not again for the second page


def test_a_host_without_software_that_can_not_be_had_is_said_to_have_failed(tmp_path: Path) -> None:
    server = FleetServer([fleet_host(1, "a.b"), fleet_host(2, software=None)])
    with Manager(server) as manager:
        manager.fail(always(said({}, 500), when=lambda asked: asked.path.endswith("/2")))
        found = list(pulled("fleet", fleet_settings(tmp_path, manager.url)))
    assert [(row.status, row.reason) for one in found for row in apps_rows(one)] == [
        ("observed", None),
        ("failed", "the manager answers with status 500"),
    ]


def test_a_token_that_fleet_refuses_ends_the_pull(tmp_path: Path) -> None:
    with Manager(FleetServer([])) as manager:
        path = fleet_settings(tmp_path, manager.url)
        (tmp_path / "fleet.token").write_text("other")
        with pytest.raises(SourceError, match="refuses the credentials"):
            list(pulled("fleet", path))


def test_fleet_with_a_private_authority(tmp_path: Path) -> None:
    ours = Authority(tmp_path)
    with Manager(FleetServer([fleet_host(1, "a.b")]), tls=ours.server()) as manager:
        path = fleet_settings(tmp_path, manager.url)
        with pytest.raises(SourceError, match="not to be trusted"):
            list(pulled("fleet", path))
        path = fleet_settings(tmp_path, manager.url, ca_file=ours.file.name)
        assert serials(pulled("fleet", path)) == ["MAC00001"]


# Stopped and taken up -------------------------------------------------------------------------------------------------


def test_a_pull_that_stopped_goes_on_without_asking_for_what_was_given(tmp_path: Path) -> None:
    with serving(tenant(45, page=30)) as manager:
        path = graph_settings(tmp_path, manager.url)
        run = pulled("graph", path, resume=True)
        before = serials(islice(run, 35))
        run.close()
        manager.asked.clear()
        after = serials(pulled("graph", path, resume=True))
    assert before[:-1] + after == [f"INT{number:05d}" for number in range(45)]
    lists = [asked.query.get("$skiptoken") for asked in manager.asked if asked.path.startswith("/v1.0/")]
    assert lists == ["30"]
    assert not (tmp_path / "mdm-graph.state").exists()


def test_looking_leaves_no_state_and_takes_none_up(tmp_path: Path) -> None:
    with serving(tenant(5)) as manager:
        path = graph_settings(tmp_path, manager.url)
        looking = pulled("graph", path)
        next(looking)
        looking.close()
        assert not (tmp_path / "mdm-graph.state").exists()
        run = pulled("graph", path, resume=True)
        next(run), next(run)
        run.close()
        assert len(list(pulled("graph", path))) == 5
        assert (tmp_path / "mdm-graph.state").exists()


@pytest.mark.parametrize("change", [{"client_id": "other"}, {"page_size": 3}, {"tenant": "agency.example"}])
def test_other_settings_do_not_take_the_state_up(change: dict[str, object], tmp_path: Path) -> None:
    told: list[str] = []
    with serving(tenant(5)) as manager:
        run = pulled("graph", graph_settings(tmp_path, manager.url), resume=True)
        next(run), next(run)
        run.close()
        manager.fail(always(said({"access_token": "token-1"}), when=lambda asked: asked.path.endswith("/token")))
        path = graph_settings(tmp_path, manager.url, **change)
        again = collect_live("graph", path, resume=True, clock=Watch().clock, say=told.append)
        assert len(list(again)) == 5
    assert told == ["mdm-graph.state is discarded: it is of other settings; the pull begins anew"]


def test_more_patience_does_not_make_other_settings(tmp_path: Path) -> None:
    with serving(tenant(5)) as manager:
        run = pulled("graph", graph_settings(tmp_path, manager.url), resume=True)
        next(run), next(run)
        run.close()
        path = graph_settings(tmp_path, manager.url, patience=7200)
        assert len(list(pulled("graph", path, resume=True))) == 4


def reporting(folder: Path, path: Path, output: Path) -> subprocess.Popen[str]:
    """`report` as typed, in a process of its own."""
    command = ["report", "--source", f"mdm:graph:{path}", "--key", str(folder / "key.pem"), "--output", str(output)]
    return subprocess.Popen(
        [sys.executable, "-m", "setapart_agent", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_report_that_is_killed_goes_on_and_no_device_is_lost_or_doubled(tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    subprocess.run(
        [sys.executable, "-m", "setapart_agent", "keygen", "--output", str(tmp_path / "key.pem")],
        check=True,
        capture_output=True,
    )
    answers = tenant(60, page=20)

    def hangs(asked: Asked) -> None:
        if asked.query.get("$skiptoken") == "40" and not stop:
            time.sleep(60)

    stop: list[bool] = []
    with serving(answers) as manager:
        manager.fail(hangs)
        path = graph_settings(tmp_path, manager.url)
        first = reporting(tmp_path, path, output)
        deadline = time.monotonic() + 60
        while not any(asked.query.get("$skiptoken") == "40" for asked in manager.asked):
            assert first.poll() is None, first.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        stop.append(True)
        assert len(list(output.iterdir())) == 40
        written = {one: one.stat().st_mtime_ns for one in output.iterdir()}
        second = reporting(tmp_path, path, output)
        printed, told = second.communicate(timeout=60)
    assert second.returncode == 0, told
    assert "goes on after 40 devices" in told
    assert printed.count("report 1 of ") == 20
    assert len(list(output.iterdir())) == 60
    assert all(one.stat().st_mtime_ns == time_ns for one, time_ns in written.items())
    assert not (tmp_path / "mdm-graph.state").exists()


# As typed -------------------------------------------------------------------------------------------------------------


def test_the_source_names_its_settings_or_finds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setapart_agent.collectors.mdm.live.state_folder", lambda: tmp_path)
    with Manager(FleetServer([fleet_host(1, "a.b")])) as manager:
        path = fleet_settings(tmp_path, manager.url)
        for spelling in (f"mdm:fleet:{path}", "mdm:fleet"):
            assert serials(collect_all(parse_source(spelling))) == ["MAC00001"]


def test_settings_that_are_not_there_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setapart_agent.collectors.mdm.live.state_folder", lambda: tmp_path)
    for name in PULLS:
        with pytest.raises(SourceError, match=f"mdm-{name}.toml can't be read"):
            list(collect_all(parse_source(f"mdm:{name}")))


def test_every_pull_says_what_asks_and_what_understands() -> None:
    assert PULLS.keys() == PARSED_AS.keys()
    for name, info in PULLS.items():
        assert info.name == f"mdm.{name}-pull"
        assert info.maturity == "untested"
        assert f"setapart_agent.collectors.mdm.pull.{name}" in info.modules


def test_a_terminal_sees_how_far_it_is_and_a_pipe_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Manager(FleetServer([fleet_host(1, "a.b"), fleet_host(2)])) as manager:
        path = fleet_settings(tmp_path, manager.url)
        list(pulled("fleet", path))
        assert capsys.readouterr().err == ""
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        list(pulled("fleet", path))
    assert capsys.readouterr().err == "\rfleet: 1 devices\rfleet: 2 devices\n"


@pytest.mark.parametrize("name", ["graph", "amapi", "fleet"])
def test_no_secret_stands_in_what_is_told_or_kept(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made: dict[str, tuple[Callable[..., Path], GraphTenant | AmapiEnterprise | FleetServer]] = {
        "graph": (graph_settings, tenant(3)),
        "amapi": (amapi_settings, AmapiEnterprise([amapi_device(number, "a.b") for number in range(3)])),
        "fleet": (fleet_settings, FleetServer([fleet_host(number) for number in range(1, 4)])),
    }
    settings, answers = made[name]
    with Manager(answers) as manager:
        path = settings(tmp_path, manager.url)
        run = collect_live(name, path, resume=True, clock=Watch().clock)
        next(run), next(run)
        run.close()
        kept = (tmp_path / f"mdm-{name}.state").read_text()
        run = collect_live(name, path, resume=True, clock=Watch().clock)
        next(run)
        told = capsys.readouterr().err
        run.close()
    for secret in (GRAPH_SECRET, FLEET_TOKEN, "token-1", "ya29", "kari", "agency.example", "INT0", "AND0", "MAC0"):
        assert secret not in kept
        assert secret not in told
    assert os.sep not in kept
