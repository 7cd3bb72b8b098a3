"""Lists that dpkg-query printed."""

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import dpkg_list

GLPI = "at\tamd64\t3.1.12-1\t220\tadmin\tinstall ok installed\nvlc\tamd64\t2.2\t9\tvideo\tdeinstall ok config-files\n"


def test_survives_hostile_files() -> None:
    assert_survives(dpkg_list, "dpkg", GLPI.encode())


def test_columns_with_architecture_and_status() -> None:
    assert [(app.identifier, app.version, app.state) for app in parsed(dpkg_list, GLPI).apps] == [
        ("at", "3.1.12-1", "installed"),
        ("vlc", "2.2", "removed-trace"),
    ]


def test_the_default_format_has_two_columns_and_an_architecture_after_the_name() -> None:
    content = "libc6:amd64\t2.36-9\ntelegram-desktop\t4.6\n"
    assert dpkg_list.recognise("list", content.encode())
    assert [(app.identifier, app.version) for app in parsed(dpkg_list, content).apps] == [
        ("libc6", "2.36-9"),
        ("telegram-desktop", "4.6"),
    ]


def test_abbreviated_states() -> None:
    apps = parsed(dpkg_list, "a\tamd64\t1\tii \nb\tamd64\t1\trc \nc\tamd64\t1\tun \nd\tamd64\t1\tiU \n").apps
    assert [(app.identifier, app.state) for app in apps] == [
        ("a", "installed"),
        ("b", "removed-trace"),
        ("d", "disabled"),
    ]


def test_a_list_that_breaks_off_is_told() -> None:
    assert parsed(dpkg_list, GLPI.encode()[:-5]).coverage[0].status == "failed"
    assert parsed(dpkg_list, GLPI + "no package here\n").coverage[0].status == "failed"


def test_a_table_of_something_else_is_not_recognised() -> None:
    assert not dpkg_list.recognise("x", b"Name\tApplication ID\n")
    assert not dpkg_list.recognise("x", b"Telegram\torg.telegram.desktop\t4.1\n")


def test_names_with_capitals_are_no_packages() -> None:
    assert not dpkg_list.recognise("x", b"OSVersion\t10.12.6\n")
    assert dpkg_list.recognise("x", b"osversion\t10.12.6\n")
