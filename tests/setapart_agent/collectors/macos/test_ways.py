from setapart_agent.collectors.macos.collector import collectors
from setapart_agent.collectors.macos.ways import COLLECTORS, WAYS


def test_what_is_said_is_whole_sentences() -> None:
    for way in WAYS:
        for said in (way.seen, way.unseen, way.holder):
            assert said.endswith("."), said
            assert "{" not in said, said


def test_every_collector_is_declared_and_none_claims_what_nobody_ran() -> None:
    assert tuple(one.info for one in collectors()) == COLLECTORS
    assert {info.maturity for info in COLLECTORS} == {"untested"}
    assert {way.last_run for way in WAYS} == {"never"}


def test_without_full_disk_access_or_root_no_mac_is_green() -> None:
    green = {way.source for way in WAYS if way.ordinary or way.dedicated}
    assert green == {"`local`, as root with Full Disk Access", "`root:DIR`, as root"}
