"""Officers and their programs over HTTP: tokens, what they get, what is written down, and what it costs others."""

import concurrent.futures
import http.client
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from evidence_factory import TIKTOK, app, make_inventory
from service import Answered, Service, children_of, serving
from setapart_auditor.installation import Installation, open_installation
from setapart_auditor.intake.limits import TooManyError
from setapart_auditor.log.entries import ShownEntry, read_entries
from setapart_auditor.officers.actor import acting, add_officer
from setapart_auditor.officers.changes import disable
from setapart_auditor.officers.tokens import issue
from setapart_auditor.sweep.fleet import run_sweep
from setapart_auditor.web.officers import WrongTokens
from store_builder import DAY, make_stored_fleet
from stores import KINDS
from typed_commands import run
from web_world import Phone, now, register

CLEAN, DIRTY = make_inventory(), make_inventory(apps=[app(TIKTOK)])
ROUTES = ("/v1/devices", "/v1/devices/clean", "/v1/devices/clean/history", "/v1/sweeps/latest")


def trust(folder: Path) -> None:
    """Lets a test say which address it comes from."""
    with (folder / "auditor.toml").open("a", encoding="utf-8") as file:
        file.write('\n[serve]\ntrusted_proxies = ["127.0.0.1"]\n')


class Office:
    """A service with two units, and officers' tokens."""

    def __init__(self, service: Service, installation: Installation, tokens: dict[str, str]) -> None:
        self.service = service
        self.installation = installation
        self.tokens = tokens

    def get(self, who: str, path: str) -> Answered:
        return self.service.ask(path, headers={"Authorization": f"Bearer {self.tokens.get(who, who)}"})

    def log(self) -> list[ShownEntry]:
        with self.installation.store.read() as connection:
            found = read_entries(connection, kind=None, about=None, first=0, limit=9999)
        return [one for one in found if one.kind.endswith("-read")]


@pytest.fixture(scope="module", params=KINDS)
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    fleet = make_stored_fleet(tmp_path_factory.mktemp("office"), url, ["clean", "dirty"], unit="office", at=now() - DAY)
    fleet.add("patrol", unit="patrol", at=now() - DAY)
    for name, inventory in {"clean": CLEAN, "dirty": DIRTY, "patrol": CLEAN}.items():
        fleet.report(name, inventory, at=now() - DAY)
    installation = fleet.installation
    run_sweep(installation, fleet.policies, now())
    tokens = {}
    with installation.store.write() as connection:
        for name, role, unit in (("boss", "admin", None), ("vera", "viewer", None), ("olga", "viewer", "office")):
            add_officer(installation, connection, name, roles=(role,), unit=unit, added_by="tests", now=now())  # type: ignore[arg-type]
        boss = acting(installation, connection, "boss", now())
        tokens = {name: issue(connection, boss, name, now()) for name in ("boss", "vera", "olga")}
    installation.store.close()
    trust(installation.folder)
    with serving(installation.folder, "--no-appraiser") as service:
        opened = open_installation(installation.folder)
        yield Office(service, opened, tokens)
        opened.store.close()


def test_a_device_is_told_as_explain_tells_it(office: Office) -> None:
    shown = run(office.service.folder, "setapart-auditor", "explain", "dirty", "--json", "--as", "vera", "--dir", ".")
    told, printed = office.get("vera", "/v1/devices/DIRTY").json, json.loads(shown.printed)
    for moment in (told, printed):
        del moment["judged"]["at"]
    assert told == printed
    assert told["status"] == "violation"


def test_a_history_is_told_as_history_tells_it(office: Office) -> None:
    shown = run(office.service.folder, "setapart-auditor", "history", "dirty", "--json", "--as", "vera", "--dir", ".")
    assert office.get("vera", "/v1/devices/dirty/history").json == json.loads(shown.printed)


def test_a_listed_device_has_what_list_prints_and_when_it_was_judged(office: Office) -> None:
    shown = run(office.service.folder, "setapart-auditor", "list", "--json", "--as", "vera", "--dir", ".")
    printed = {one["name"]: one for one in json.loads(shown.printed)["devices"]}
    listed = {one["name"]: one for one in office.get("vera", "/v1/devices").json["devices"]}
    assert listed.keys() == {"clean", "dirty", "patrol"}
    for name, one in listed.items():
        assert one.pop("judged_at")
        assert one == printed[name]


def test_the_last_sweep_is_told(office: Office) -> None:
    found = office.get("vera", "/v1/sweeps/latest").json
    assert (found["sweep"], found["statuses"]) == (1, {"compliant": 2, "violation": 1})
    assert office.get("olga", "/v1/sweeps/latest").json["statuses"] == {"compliant": 1, "violation": 1}


def test_a_look_is_written_down_once_with_its_reason(office: Office) -> None:
    before = len(office.log())
    office.get("olga", "/v1/devices/clean?why=" + quote("søk, sak 8"))
    office.get("olga", "/v1/devices/patrol")
    office.get("olga", "/v1/devices?limit=0")
    assert [(one.kind, one.who, one.about, one.why) for one in office.log()[before:]] == [
        ("device-read", "olga", "clean", "søk, sak 8")
    ]


@pytest.mark.parametrize("path", ROUTES)
def test_nothing_is_kept_by_caches_nor_shown_to_other_origins(office: Office, path: str) -> None:
    answered = office.service.ask(
        path, headers={"Authorization": f"Bearer {office.tokens['vera']}", "Origin": "https://evil.example"}
    )
    assert answered.status == 200
    assert answered.headers["cache-control"] == "no-store"
    assert answered.headers["content-type"] == "application/json"
    assert answered.headers["x-content-type-options"] == "nosniff"
    assert not [name for name in answered.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ROUTES)
def test_without_a_good_token_every_answer_is_the_same(office: Office, path: str) -> None:
    with office.installation.store.write() as connection:
        boss = acting(office.installation, connection, "boss", now())
        if path == ROUTES[0]:
            add_officer(office.installation, connection, "left", roles=("viewer",), unit=None, added_by="t", now=now())
            office.tokens["left"] = issue(connection, boss, "left", now())
            disable(connection, boss, "left", now())
            add_officer(office.installation, connection, "late", roles=("viewer",), unit=None, added_by="t", now=now())
            office.tokens["late"] = issue(connection, boss, "late", now() - 2 * DAY, days=1)
    good = office.tokens["vera"]
    headers: list[dict[str, str]] = [
        {}, {"Authorization": good}, {"Authorization": "Bearer"}, {"Authorization": "Bearer  "},
        {"Authorization": f"Basic {good}"}, {"Authorization": f"Bearer {good}x"}, {"Authorization": "Bearer spo1.x"},
        {"Authorization": f"Bearer {office.tokens['left']}"}, {"Authorization": f"Bearer {office.tokens['late']}"},
        {"Authorization": f"Bearer {good}, Bearer {good}"},
    ]  # fmt: skip
    address = f"192.0.2.{10 + ROUTES.index(path)}"
    answers = [office.service.ask(path, headers={**one, "X-Forwarded-For": address}) for one in headers]
    seen = {(one.status, one.body, one.headers.get("www-authenticate")) for one in answers}
    assert len(seen) == 1
    ((status, body, challenge),) = seen
    assert (status, challenge) == (401, 'Bearer realm="setapart"')
    assert json.loads(body)["reason"] == "no-token"
    assert office.service.ask(path, headers={"authorization": f"bearer {good}"}).status == 200


@pytest.mark.parametrize(
    "query",
    [
     "limit=0", "limit=501", "limit=x", "unti=office", "class=x", "status=green", "cursor=!", "cursor=AA",
     "why=" + "x" * 2001, "limit=1&limit=2", "device=clean", "type=device", "unit=" + "x" * 1001],
)  # fmt: skip
def test_a_query_that_is_not_understood_is_refused(office: Office, query: str) -> None:
    """A filter that was misspelt and left out would show every device as if it were the unit's."""
    answered = office.get("vera", f"/v1/devices?{query}")
    assert (answered.status, answered.json["reason"]) == (400, "bad-query")


def test_pages_together_are_every_device(office: Office) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        found = office.get("vera", f"/v1/devices?limit=1&cursor={cursor}").json
        seen += [one["name"] for one in found["devices"]]
        if found["next"] is None:
            break
        cursor = found["next"]
    assert seen == ["clean", "dirty", "patrol"]


def test_reports_are_taken_while_the_officers_processes_are_held_up(office: Office) -> None:
    """They are processes of their own: whatever they do, receipts go out."""
    office.get("vera", "/v1/devices")
    children = lookers_of(office.service)
    phone: Phone = register(office.installation, 1)[0]
    for child in children:
        os.kill(child, signal.SIGSTOP)
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            waiting = [pool.submit(office.get, "vera", "/v1/devices") for _ in range(4)]
            time.sleep(0.2)
            for _ in range(5):
                assert office.service.ask("/v1/report", phone.report()).status == 200
            assert not any(one.done() for one in waiting)
            for child in children:
                os.kill(child, signal.SIGCONT)
            assert [one.result().status for one in waiting] == [200] * 4
    finally:
        for child in children:
            os.kill(child, signal.SIGCONT)


def test_a_process_that_died_is_started_again(office: Office) -> None:
    office.get("vera", "/v1/devices")
    before = end_children(office)
    answered_again(office, "/v1/devices")
    assert not before & set(lookers_of(office.service))


def end_children(office: Office) -> set[int]:
    """Kills the processes that look for officers, as if they had crashed."""
    children = set(lookers_of(office.service))
    for child in children:
        os.kill(child, signal.SIGKILL)
    while children & set(lookers_of(office.service)):
        time.sleep(0.01)
    return children


def answered_again(office: Office, path: str) -> None:
    """Asks until there is an answer; before, only to come again."""
    until = time.monotonic() + 30
    while (answered := office.get("vera", path)).status != 200 and time.monotonic() < until:
        assert (answered.status, "retry-after" in answered.headers) == (503, True)
        time.sleep(0.2)
    assert answered.status == 200


def lookers_of(service: Service) -> list[int]:
    """The processes that look for officers."""
    return children_of(service.process.pid, "setapart_auditor.web.looking")


def test_the_process_ends_with_the_service_however_that_ends(tmp_path: Path) -> None:
    fleet = make_stored_fleet(tmp_path, None, ["one"], at=now())
    with fleet.installation.store.write() as connection:
        boss = acting(fleet.installation, connection, None, now())
        add_officer(fleet.installation, connection, "vera", roles=("viewer",), unit=None, added_by="t", now=now())
        token = issue(connection, boss, "vera", now())
    fleet.installation.store.close()
    for how in (signal.SIGTERM, signal.SIGKILL):
        with serving(fleet.installation.folder, "--no-appraiser") as service:
            assert lookers_of(service) == []
            assert service.ask("/v1/devices", headers={"Authorization": f"Bearer {token}"}).status == 200
            (child,) = lookers_of(service)
            assert service.stop(how) == (0 if how == signal.SIGTERM else -signal.SIGKILL)
            until = time.monotonic() + 10
            while Path(f"/proc/{child}").exists() and time.monotonic() < until:
                time.sleep(0.05)
            assert not Path(f"/proc/{child}").exists()


def test_who_guesses_tokens_is_told_to_wait(tmp_path: Path) -> None:
    fleet = make_stored_fleet(tmp_path, None, ["one"], at=now())
    with fleet.installation.store.write() as connection:
        boss = acting(fleet.installation, connection, None, now())
        add_officer(fleet.installation, connection, "vera", roles=("viewer",), unit=None, added_by="t", now=now())
        token = issue(connection, boss, "vera", now())
    fleet.installation.store.close()
    trust(fleet.installation.folder)
    with serving(fleet.installation.folder, "--no-appraiser") as service:

        def ask(token: str, address: str) -> Answered:
            return service.ask("/v1/devices", headers={"Authorization": f"Bearer {token}", "X-Forwarded-For": address})

        statuses = [ask(f"spo1.{number}", "192.0.2.1").status for number in range(31)]
        assert statuses == [401] * 30 + [429]
        late = ask(token, "192.0.2.1")
        assert (late.status, late.json["reason"]) == (429, "too-many")
        assert 0 < int(late.headers["retry-after"]) <= 60
        assert ask(token, "192.0.2.2").status == 200
        assert ask(token, "192.0.2.1").status == 200, "one that was good before is no guess"
        assert "192.0.2.1" in service.log
        assert "spo1." not in service.log


def test_a_minute_after_the_first_wrong_token_an_address_may_try_again() -> None:
    wrong = WrongTokens()
    for second in range(30):
        wrong.check("a", "x", second)
        wrong.was_wrong("a", "x", second)
    with pytest.raises(TooManyError) as refused:
        wrong.check("a", "x", 59)
    assert refused.value.retry_after == 1
    wrong.check("b", "x", 59)
    wrong.check("a", "x", 60)
    wrong.was_wrong("a", "x", 60)
    wrong.check("a", "x", 61)


def test_a_token_that_was_good_and_no_longer_is_counts_as_any_other() -> None:
    wrong = WrongTokens()
    wrong.was_good("x")
    for _ in range(30):
        wrong.check("a", "x", 0)
        wrong.was_wrong("a", "x", 0)
    with pytest.raises(TooManyError):
        wrong.check("a", "x", 0)


def test_pages_do_not_wait_for_a_device_that_is_judged(office: Office) -> None:
    end_children(office)
    answered_again(office, "/v1/devices/clean")
    (judging,) = lookers_of(office.service)
    os.kill(judging, signal.SIGSTOP)
    try:
        answered_again(office, "/v1/devices")
    finally:
        os.kill(judging, signal.SIGCONT)


def test_many_at_once_are_answered_or_told_to_come_back(office: Office) -> None:
    def ask(_: int) -> int:
        return office.get("vera", "/v1/devices?limit=2").status

    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        statuses = list(pool.map(ask, range(300)))
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= 64
    assert office.service.ask("/v1/health").status == 200


def test_a_connection_that_is_cut_off_leaves_the_service_well(office: Office) -> None:
    for _ in range(20):
        connection = http.client.HTTPConnection("127.0.0.1", office.service.port, timeout=30)
        connection.request("GET", "/v1/devices", headers={"Authorization": f"Bearer {office.tokens['vera']}"})
        connection.close()
    assert office.get("vera", "/v1/devices").status == 200
