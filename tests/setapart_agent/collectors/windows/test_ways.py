from setapart_agent.collectors.windows.collector import collectors
from setapart_agent.collectors.windows.ways import WAYS


def test_every_way_names_collectors_that_are_there_and_every_collector_is_in_a_way() -> None:
    names = {collector.info.name for collector in collectors()}
    assert {name for way in WAYS for name in way.collectors} == names


def test_no_way_is_green_for_a_dedicated_device_and_not_for_an_ordinary_one() -> None:
    assert not [way for way in WAYS if way.dedicated and not way.ordinary]


def test_no_two_ways_are_one() -> None:
    assert len({(way.device, way.source) for way in WAYS}) == len(WAYS)
