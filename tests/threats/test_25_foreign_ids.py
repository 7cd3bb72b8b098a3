"""Threat 25: object ids of others. What is not there and what is not yours are answered the same."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from setapart_auditor.installation import load_policies
from setapart_auditor.sweep.fleet import run_sweep
from setapart_auditor.web.routes import table
from setapart_evidence.receipt import Request, make_request
from web_world import World, digest_of, make_reader, now, register, world


def foreign_ids(made: World) -> list[str]:
    """What is not there, spelled as what is there elsewhere, and what is no id at all."""
    return [
        made.installation.keyid,
        hashlib.sha256(b"another's statement").hexdigest(),
        "1",
        "%2e%2e%2f1",
        "%00",
        "%E2%80%AE",
        "x" * 3000,
        "' OR 1=1 --".replace(" ", "%20"),
    ]


def answers(made: World, paths: Iterable[str], token: str = "") -> set[tuple[int, bytes, tuple[str, ...]]]:
    """How these paths are answered: status, body, names of headers."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    asked = [made.service.ask(path, headers=headers) for path in paths]
    return {(one.status, one.body, tuple(sorted(one.headers.keys()))) for one in asked}


def test_every_route_answers_a_foreign_id_as_one_that_is_not_there(tmp_path: Path, database_url: str | None) -> None:
    """Only who holds a report knows its statement's digest; only an officer of its unit, or of all, sees a device."""
    with world(tmp_path / "a", database_url) as made:
        raw = made.phones[0].report()
        assert made.service.ask("/v1/report", raw).status == 200
        mine = digest_of(raw).removeprefix("sha256:")
        (theirs,) = register(made.installation, 1, unit="patrol")
        assert made.service.ask("/v1/report", theirs.report()).status == 200
        office, everyone = make_reader(made.installation, "olga", unit="office"), make_reader(made.installation)
        digests = [
            *foreign_ids(made),
            *(one.id for one in made.phones),
            hashlib.sha256(raw.partition(b"\n")[2]).hexdigest(),
            mine[:-1],
            mine.upper(),
            f"sha256:{mine}",
            f"{mine}%0a",
            f"{mine}/",
        ]
        own = made.phones[0].id
        foreign = {
            "{device}/{sequence}/{digest}": [
                *(f"{own}/1/{digest}" for digest in digests),
                *(f"{device}/1/{mine}" for device in (*foreign_ids(made), theirs.id, made.phones[1].id, own.upper())),
                *(f"{own}/{sequence}/{mine}" for sequence in ("0", "2", "01", "-1", "1.0", "9" * 30, "x", "%31%00")),
            ],
            "{device}": [*foreign_ids(made), theirs.id, f"phone-{theirs.id[:12]}", f"PHONE-{theirs.id[:12]}"],
        }
        found = set()
        with_ids = [route for route in table() if "{" in route.path]
        assert {route.name for route in with_ids} == {"receipt", "device", "history"}
        for route in with_ids:
            (name,) = re.findall(r"\{.*\}", route.path)
            paths = [route.path.replace(name, one) for one in foreign[name]]
            found |= answers(made, paths, office if route.asks is not None else "")
        found |= answers(made, ["/v1/devices?unit=patrol", "/v1/devices?unit=nothing"], office)
        assert len(found) == 1
        assert {status for status, _, _ in found} == {404}
        assert made.service.ask(f"/v1/receipt/{own}/1/{mine}").status == 200
        for path in (f"/v1/devices/{theirs.id}", f"/v1/devices/phone-{theirs.id[:12]}/history"):
            assert {status for status, _, _ in answers(made, [path], everyone)} == {200}


def test_an_officer_of_one_unit_can_not_count_the_devices_of_another(tmp_path: Path, database_url: str | None) -> None:
    """Neither by what is listed, nor by cursors, nor by the last sweep."""
    with world(tmp_path / "a", database_url) as made:
        register(made.installation, 3, unit="office")
        token = make_reader(made.installation, "olga", unit="office")
        run_sweep(made.installation, load_policies(made.installation), now())

        def seen() -> list[bytes]:
            found = [body for _, body, _ in answers(made, ["/v1/sweeps/latest"], token)]
            page = made.service.ask("/v1/devices?limit=1", headers={"Authorization": f"Bearer {token}"}).json
            return [*found, page["next"].encode()]

        before = seen()
        assert b'"statuses":{"pending":3}' in before[0]
        assert b'"new":[]' in before[0], "the first sweep is compared with none"
        for one in register(made.installation, 20, unit="patrol"):
            assert made.service.ask("/v1/report", one.report()).status == 200
        assert seen() == before


def test_a_question_about_another_device_is_not_answered(tmp_path: Path) -> None:
    """Signed by one device in another's name: the key has to be the named device's."""
    with world(tmp_path / "a") as made:
        mine, theirs = made.phones
        raw = theirs.report()
        assert made.service.ask("/v1/report", raw).status == 200
        asked = Request(device=theirs.id, auditor=made.installation.keyid, ask="bundle", asked_at=now())
        answered = made.service.ask("/v1/request", make_request(asked, mine.signer))
        assert (answered.status, answered.json["reason"]) == (401, "bad-signature")
