"""Lists that rpm printed."""

import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import rpm_list

SAMPLE = "gjs\tx86_64\t1.32.0-1.mga2\t1332868101\ntelegram-desktop\tx86_64\t1:4.8-2.fc39\n"


def test_survives_hostile_files() -> None:
    assert_survives(rpm_list, "rpm", SAMPLE.encode())


def test_columns() -> None:
    assert [(app.identifier, app.version, app.source) for app in parsed(rpm_list, SAMPLE).apps] == [
        ("gjs", "1.32.0-1.mga2", "rpm"),
        ("telegram-desktop", "1:4.8-2.fc39", "rpm"),
    ]


def test_the_plain_form_splits_from_the_right() -> None:
    content = "telegram-desktop-4.8.1-2.fc39.x86_64\ngpg-pubkey-94843c65-5dadbc64\n"
    assert rpm_list.recognise("list", content.encode())
    assert [(app.identifier, app.version) for app in parsed(rpm_list, content).apps] == [
        ("telegram-desktop", "4.8.1-2.fc39"),
        ("gpg-pubkey", "94843c65-5dadbc64"),
    ]


def test_a_list_that_breaks_off_is_told() -> None:
    assert parsed(rpm_list, SAMPLE[:-3]).coverage[0].status == "failed"
    assert parsed(rpm_list, SAMPLE + "error: db5\n").coverage[0].status == "failed"


@pytest.mark.parametrize("line", [b"adduser\tall\t3.112\n", b"Name Version\n", b"a\tb\tc\n"])
def test_other_tables_are_not_recognised(line: bytes) -> None:
    assert not rpm_list.recognise("x", line)
