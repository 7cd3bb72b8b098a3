"""Whatever a manager answers ends in devices, or in an error of ours."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdm_servers import amapi_device, fleet_host, graph_app, graph_device
from setapart_agent.collectors.mdm.pull.amapi import Amapi
from setapart_agent.collectors.mdm.pull.fleet import Fleet
from setapart_agent.collectors.mdm.pull.graph import Graph
from setapart_agent.collectors.mdm.pull.http import ManagerError
from setapart_agent.collectors.mdm.pull.journal import Memory
from setapart_agent.collectors.mdm.pull.run import Manager, Pull
from setapart_agent.collectors.mdm.pull.settings import AmapiSettings, FleetSettings, GraphSettings, Secret
from setapart_agent.collectors.mdm.pull.tokens import StaticToken
from setapart_agent.errors import SourceError

URL = "http://127.0.0.1:1"
TOKEN = StaticToken(Secret("t"))
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


class Stub:
    """Answers in the order given, whatever is asked; then nobody is there."""

    def __init__(self, answers: list[bytes]) -> None:
        self._answers = iter(answers)

    def get(self, url: str, token: object) -> bytes:
        found = next(self._answers, None)
        if found is None:
            raise ManagerError("gone")
        return found

    def post_json(self, url: str, token: object, body: bytes) -> bytes:
        return self.get(url, token)


MAKERS: dict[str, Callable[[Any], Manager]] = {
    "graph": lambda stub: Graph(stub, TOKEN, GraphSettings(tenant="t", client_id="c", url=URL, login_url=URL)),
    "amapi": lambda stub: Amapi(stub, TOKEN, AmapiSettings(enterprise="e", service_account_file="f", url=URL)),
    "fleet": lambda stub: Fleet(stub, TOKEN, FleetSettings(url=URL)),
}
PAGES: dict[str, Callable[[object], object]] = {
    "graph": lambda devices: {"value": devices},
    "amapi": lambda devices: {"devices": devices},
    "fleet": lambda devices: {"hosts": devices},
}
WHOLE = {
    "graph": {**graph_device(1), "detectedApps": [graph_app("a")]},
    "amapi": amapi_device(1, "a.b"),
    "fleet": fleet_host(1, "a.b"),
}


def outcome(name: str, answers: list[bytes]) -> None:
    manager = MAKERS[name](Stub(answers))
    try:
        for one in Pull(manager, Memory(), (), say=lambda text: None, progress=lambda done: None).devices():
            assert one.facts.device.platform is not None
            assert any(row.section == "apps" for row in one.facts.coverage)
    except SourceError:
        pass


@pytest.mark.parametrize("name", MAKERS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_bytes_and_any_json(name: str, data: st.DataObject) -> None:
    answer = st.binary(max_size=40) | ODD.map(lambda value: json.dumps(value).encode())
    outcome(name, data.draw(st.lists(answer, max_size=4)))


def changed(value: Any, draw: Callable[..., Any]) -> Any:
    """A document with one value in it replaced by something odd, or gone."""
    if isinstance(value, dict) and value and draw(st.integers(0, 4)):
        key = draw(st.sampled_from(sorted(value)))
        rest = {name: inner for name, inner in value.items() if name != key}
        return rest if draw(st.booleans()) and draw(st.booleans()) else {**rest, key: changed(value[key], draw)}
    if isinstance(value, list) and value and draw(st.integers(0, 2)):
        return [changed(value[0], draw), *value[1:]]
    return draw(ODD)


@pytest.mark.parametrize("name", MAKERS)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_documents_with_something_odd_in_them(name: str, data: st.DataObject) -> None:
    devices = [changed(WHOLE[name], data.draw), WHOLE[name]]
    page = changed(PAGES[name](devices), data.draw) if data.draw(st.booleans()) else PAGES[name](devices)
    answers = [page, WHOLE[name], WHOLE[name], page, page]
    outcome(name, [json.dumps(one).encode() for one in answers])


@pytest.mark.parametrize("deep", [b'{"value": ' + b"[" * 50_000, b'{"value": [' + b'{"a":' * 50_000, b"[" * 200_000])
def test_nesting_without_end(deep: bytes) -> None:
    for name in MAKERS:
        outcome(name, [deep])
        outcome(name, [deep.replace(b"value", b"devices"), deep.replace(b"value", b"hosts")])


def test_a_record_that_says_two_things_is_told_and_keeps_no_other_from_being_read() -> None:
    whole = json.dumps(WHOLE["graph"]).encode()
    twice = b'{"id": "x", "operatingSystem": "Windows", "operatingSystem": "iOS"}'
    page = b'{"value": [' + twice + b"," + json.dumps(graph_device(1)).encode() + b"]}"
    manager = MAKERS["graph"](Stub([page, b"{}", whole, whole]))
    run = Pull(manager, Memory(), (), say=lambda text: None, progress=lambda done: None).devices()
    assert next(run).facts.device.serial == "INT00001"
    with pytest.raises(SourceError, match="1 records of the manager can't be read: an object names a member twice"):
        next(run)
