"""AppStream files."""

import pytest

from setapart_agent.collectors.linux.parse.appstream import component
from setapart_agent.errors import ParseError

SAMPLE = b"""<?xml version="1.0"?>
<component type="desktop">
  <id>org.telegram.desktop</id>
  <name xml:lang="de">Anderer Name</name>
  <name>Telegram &amp; Co</name>
  <name>Second</name>
  <description><p><name>Not this</name></p></description>
  <releases><release version="4.8.1" date="2023-06-01"/><release version="4.8.0"/></releases>
</component>"""


def test_id_first_plain_name_and_newest_version() -> None:
    found = component(SAMPLE)
    assert (found.id, found.name, found.version) == ("org.telegram.desktop", "Telegram & Co", "4.8.1")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<component>",
        b"<component></component>",
        b"<component><id> </id></component>",
        b"<x><id>a</id></x>",
        b"<!DOCTYPE component><component><id>a.b.c</id></component>",
        b'<!DOCTYPE c [<!ENTITY a "b">]><component><id>&a;</id></component>',
        b"<component><id>&unknown;</id></component>",
        b"<component>" + b"<a>" * 100_000,
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="no-such"?><component><id>a.b.c</id></component>',
    ],
)
def test_what_is_no_plain_component_is_refused(content: bytes) -> None:
    with pytest.raises(ParseError):
        component(content)


def test_a_text_without_end_is_cut() -> None:
    assert len(component(b"<component><id>" + b"a" * 100_000 + b"</id></component>").id) < 200_000
    found = component(b"<component><id>a.b.c</id><name>" + b"<i/>x" * 10_000 + b"</name></component>")
    assert len(found.name) <= 512
