"""The station's tests share one world: an auditor that serves takes seconds to make."""

from collections.abc import Iterator

import pytest

from station_world import World, world


@pytest.fixture(scope="session")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A station that is registered; each test brings a phone with a serial of its own."""
    with world(tmp_path_factory.mktemp("station")) as made:
        made.add_station()
        yield made
