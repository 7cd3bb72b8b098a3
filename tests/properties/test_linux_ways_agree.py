"""One Linux workstation by its disk, by Fleet and by GLPI: the packages of all of them are the same."""

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agreement import Fact, assert_agree, facts_of, some, whole
from green import linux
from linux_tree import status_of
from mdm_maker import LINUX, Program, encoded, fleet_host, glpi_inventory, glpi_xml
from setapart_agent.facts import Facts
from setapart_evidence.identifiers import keys_of

PACKAGES = st.dictionaries(
    st.sampled_from(["telegram-desktop", "libstdc++6", "thunderbird", "gir1.2-gtk-4.0", "0ad"]),
    st.sampled_from(["1.0", "1:2.3~rc1+dfsg-4", "24.8.3-1ubuntu2"]),
)


def packages(facts: Facts) -> set[Fact]:
    return {(app.profile, app.identifier, app.version, app.source) for app in facts.apps}


def keys(facts: Facts) -> set[str]:
    """What the rule compares."""
    return {key for app in facts.apps for key in keys_of("linux", app) if key.startswith("linux:")}


@some(15)
@given(PACKAGES)
def test_inventories_list_the_packages_that_the_disk_shows_and_say_that_they_are_not_all(
    installed: dict[str, str],
) -> None:
    status = status_of("bash") + "".join(status_of(name, version) for name, version in installed.items())
    installed = {"bash": "1", **installed}
    machine = replace(LINUX, programs=tuple(Program(id=name, name=name, version=v) for name, v in installed.items()))
    with tempfile.TemporaryDirectory() as folder:
        with linux.changed(**{"/var/lib/dpkg/status": status})(Path(folder, "disk")) as device:
            disk = facts_of(device.source)
        export = Path(folder, "export")
        for content in (
            encoded({"host": fleet_host(machine)}), encoded(glpi_inventory(machine)), glpi_xml(machine)
        ):  # fmt: skip
            export.write_bytes(content)
            inventory = facts_of(f"mdm:{export}")
            assert packages(inventory) == {("system", name, version, "dpkg") for name, version in installed.items()}
            assert keys(inventory) == keys(disk)
            assert not whole(inventory)
            assert_agree(disk, inventory, {"apps": packages})
    assert ("apps", "system") in whole(disk)
