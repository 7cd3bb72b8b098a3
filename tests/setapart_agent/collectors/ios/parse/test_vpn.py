import plistlib
from plistlib import UID

import pytest

from plist_maker import archive_of
from setapart_agent.collectors.ios.parse import vpn
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet


def targets(raw: bytes) -> list[str | None]:
    return [link.target for link in vpn.parse(FileSet(files={"main": raw}, profile="0")).links]


def test_an_archive_is_recognised_by_its_class() -> None:
    raw = archive_of(
        [{"VPN": UID(2), "$class": UID(3)}, {"ServerAddress": "a.example"}, {"$classname": "NEConfiguration"}]
    )
    assert vpn.recognise("x", raw)
    assert targets(raw) == ["a.example"]


def test_the_services_of_the_system_configuration() -> None:
    services = {"A": {"Interface": {"Type": "PPP"}, "PPP": {"CommRemoteAddress": "l2tp.agency.example"}}}
    raw = plistlib.dumps({"NetworkServices": services})
    assert vpn.recognise("/x/preferences.plist", raw)
    assert targets(raw) == ["l2tp.agency.example"]


def test_an_archive_that_holds_itself_is_an_error_and_not_without_vpn() -> None:
    with pytest.raises(ParseError):
        targets(archive_of([{"NS.objects": [UID(1)]}]))
