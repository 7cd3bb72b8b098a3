"""Threat 25: object ids of others. What is not there and what is not yours are answered the same."""

import hashlib
import re
from pathlib import Path

from setapart_auditor.web.routes import table
from setapart_evidence.receipt import Request, make_request
from web_world import digest_of, now, world


def test_every_route_answers_a_foreign_id_as_one_that_is_not_there(tmp_path: Path, database_url: str | None) -> None:
    """Only who holds a report knows its statement's digest; every other value of any route is 404, with one body."""
    with world(tmp_path / "a", database_url) as made:
        service = made.service
        raw = made.phones[0].report()
        assert service.ask("/v1/report", raw).status == 200
        mine = digest_of(raw).removeprefix("sha256:")
        foreign = [
            made.phones[1].id,
            made.phones[0].id,
            made.installation.keyid,
            hashlib.sha256(b"another's statement").hexdigest(),
            hashlib.sha256(raw.partition(b"\n")[2]).hexdigest(),
            mine[:-1],
            mine.upper(),
            f"sha256:{mine}",
            f"{mine}%0a",
            f"{mine}/",
            "1",
            "%2e%2e%2f1",
            "' OR 1=1 --".replace(" ", "%20"),
        ]
        bodies = set()
        with_ids = [route for route in table() if "{" in route.path]
        assert [route.name for route in with_ids] == ["receipt"]
        for route in with_ids:
            for one in foreign:
                answered = service.ask(re.sub(r"\{.*\}", one, route.path))
                assert answered.status == 404, one
                bodies.add((answered.body, tuple(sorted(answered.headers.keys()))))
        assert len(bodies) == 1
        assert service.ask(f"/v1/receipt/{mine}").status == 200


def test_a_question_about_another_device_is_not_answered(tmp_path: Path) -> None:
    """Signed by one device in another's name: the key has to be the named device's."""
    with world(tmp_path / "a") as made:
        mine, theirs = made.phones
        raw = theirs.report()
        assert made.service.ask("/v1/report", raw).status == 200
        asked = Request(device=theirs.id, auditor=made.installation.keyid, ask="bundle", asked_at=now())
        answered = made.service.ask("/v1/request", make_request(asked, mine.signer))
        assert (answered.status, answered.json["reason"]) == (401, "bad-signature")
