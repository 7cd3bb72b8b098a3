import json
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from fuzz.mutations import mutate
from setapart_auditor.web.openapi import document
from setapart_auditor.web.routes import table
from web_world import World, make_reader, world


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    limits = "\n[serve]\nper_address = 1000000\nper_device = 1000000\n"
    with world(tmp_path_factory.mktemp("web") / "a", settings=limits) as made:
        yield made


def test_the_document_is_what_is_served(served: World) -> None:
    assert served.service.ask("/openapi.json").json == json.loads(msgspec.json.encode(document(table())))
    assert len(document(table())["paths"]) == len(table())


@pytest.fixture(scope="module")
def token(served: World) -> str:
    return make_reader(served.installation)


@pytest.mark.parametrize("route", table(), ids=lambda one: one.name)
def test_nothing_that_is_sent_gets_a_5xx_or_an_undocumented_answer(served: World, token: str, route: Any) -> None:
    """Routes of officers are asked with a token, and what is there is among what is asked for."""
    schema = schemathesis.openapi.from_url(f"{served.service.url}/openapi.json")
    operation = schema[route.path][route.method]
    checks = [
        schemathesis.checks.CHECKS.get_one(name)
        for name in (
            "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
            "response_schema_conformance",
        )
    ]  # fmt: skip

    headers = {} if route.asks is None else {"Authorization": f"Bearer {token}"}

    @how(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        if "device" in case.path_parameters and case.path_parameters["device"] < "H":
            case.path_parameters["device"] = f"PHONE-{served.phones[0].id[:12]}"
        seen.add(case.call_and_validate(checks=checks, headers=headers).status_code)

    seen: set[int] = set()
    send()
    if route.asks is not None and "sweep" not in route.path:
        assert 200 in seen


@pytest.mark.parametrize("route", [one for one in table() if one.asks is not None], ids=lambda one: one.name)
def test_every_route_of_officers_says_that_it_takes_a_token_and_takes_no_other(served: World, route: Any) -> None:
    answered = served.service.ask(route.path.replace("{device}", f"phone-{served.phones[0].id[:12]}"))
    assert answered.status == 401
    assert document(table())["paths"][route.path]["get"]["security"] == [{"officer": []}]


@how(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(method=st.sampled_from(["PUT", "DELETE", "PATCH", "OPTIONS"]), route=st.sampled_from(table()))
def test_another_method_is_a_405_with_the_right_one(served: World, method: str, route: Any) -> None:
    answered = served.service.ask(route.path, method=method)
    assert answered.status == 405
    assert route.method in answered.headers["allow"]


def test_broken_messages_get_refusals_and_the_service_stays_well(served: World) -> None:
    """A few hundred; `make fuzz-intake` sends 100 000."""
    chance = random.Random(1)
    phone = served.phones[0]
    good = [phone.report(), phone.request(served.installation)]
    for number in range(300):
        body = mutate(chance, good[number % 2], good)
        answered = served.service.ask(chance.choice([one.path for one in table() if one.takes]), body, method="POST")
        assert answered.status in {200, 400, 401, 403, 409, 413}, body
        if answered.status != 200:
            assert answered.json["reason"]
    assert served.service.ask("/v1/health").status == 200
