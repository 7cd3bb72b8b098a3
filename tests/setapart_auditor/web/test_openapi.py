import random
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from fuzz.mutations import mutate
from setapart_auditor.web.openapi import document
from setapart_auditor.web.routes import table
from web_world import World, world


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    limits = "\n[serve]\nper_address = 1000000\nper_device = 1000000\n"
    with world(tmp_path_factory.mktemp("web") / "a", settings=limits) as made:
        yield made


def test_the_document_is_what_is_served(served: World) -> None:
    assert served.service.ask("/openapi.json").json == document(table())
    assert len(document(table())["paths"]) == len(table())


@pytest.mark.parametrize("route", table(), ids=lambda one: one.name)
def test_nothing_that_is_sent_gets_a_5xx_or_an_undocumented_answer(served: World, route: Any) -> None:
    schema = schemathesis.openapi.from_url(f"{served.service.url}/openapi.json")
    operation = schema[route.path][route.method]
    checks = [
        schemathesis.checks.CHECKS.get_one(name)
        for name in (
            "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
            "response_schema_conformance",
        )
    ]  # fmt: skip

    @how(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        case.call_and_validate(checks=checks)

    send()


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
