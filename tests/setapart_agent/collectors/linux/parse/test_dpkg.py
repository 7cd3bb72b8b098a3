"""dpkg's status: which states count, and that nothing is lost in silence."""

import pytest

from hostile_files import assert_survives, parsed
from linux_tree import status_of
from setapart_agent.collectors.linux.parse import dpkg
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts

SAMPLE = status_of("telegram-desktop", "4.6.5+ds-2") + status_of("evolution", "3.46.4-2")


def states(content: str) -> dict[str, str]:
    return {app.identifier: app.state for app in parsed(dpkg, content).apps}


def reasons(facts: Facts) -> list[str | None]:
    return [row.reason for row in facts.coverage if row.status == "failed"]


def test_survives_hostile_files() -> None:
    assert_survives(dpkg, "status", SAMPLE.encode())


def test_name_version_and_profile() -> None:
    first, second = parsed(dpkg, SAMPLE).apps
    assert (first.identifier, first.version, first.profile, first.source) == (
        "telegram-desktop",
        "4.6.5+ds-2",
        "1000",
        "dpkg",
    )
    assert second.identifier == "evolution"
    assert parsed(dpkg, SAMPLE).coverage == ()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("install ok installed", "installed"),
        ("hold ok installed", "installed"),
        ("deinstall reinstreq installed", "installed"),
        ("purge ok installed", "installed"),
        ("install ok triggers-pending", "installed"),
        ("install ok triggers-awaited", "installed"),
        ("install ok unpacked", "disabled"),
        ("install ok half-configured", "disabled"),
        ("install reinstreq half-installed", "disabled"),
        ("deinstall ok config-files", "removed-trace"),
    ],
)
def test_the_third_word_decides(status: str, state: str) -> None:
    assert states(status_of("x", "1", status)) == {"x": state}


def test_every_architecture_of_a_package_is_one_and_the_first_of_each_state_has_the_bare_name() -> None:
    foreign = status_of("libc6").replace("Architecture: amd64", "Architecture: i386")
    left = status_of("libc6", status="deinstall ok config-files").replace("Architecture: amd64", "Architecture: arm64")
    assert states(left + status_of("libc6") + foreign) == {"libc6": "installed", "libc6:i386": "installed"}
    assert [app.state for app in parsed(dpkg, left + status_of("libc6")).apps] == ["removed-trace", "installed"]
    assert {app.identifier for app in parsed(dpkg, left + status_of("libc6")).apps} == {"libc6"}


def test_a_package_that_is_not_installed_is_none() -> None:
    assert states(status_of("x", "1", "purge ok not-installed") + status_of("y")) == {"y": "installed"}


def test_a_file_cut_anywhere_is_never_shorter_in_silence() -> None:
    content = SAMPLE.encode()
    border = content.index(b"Package: evolution")  # cut here, it is a whole database of fewer packages
    for at in range(border + 1, len(content)):
        try:
            facts = parsed(dpkg, content[:at])
        except ParseError:
            continue
        assert reasons(facts), at


def test_a_stanza_that_ends_before_its_version_is_told() -> None:
    assert reasons(parsed(dpkg, "Package: x\nStatus: install ok installed\n"))
    with pytest.raises(ParseError):
        parsed(dpkg, "Package: x\nStatus: install")


def test_a_crash_that_left_zeros_is_told() -> None:
    assert reasons(parsed(dpkg, SAMPLE + "\x00" * 100))


def test_stanzas_without_an_empty_line_between_them_are_told() -> None:
    assert reasons(parsed(dpkg, SAMPLE.replace("\n\nPackage: evo", "\n \nPackage: evo")))


def test_an_unknown_state_is_told() -> None:
    assert reasons(parsed(dpkg, status_of("x", "1", "install ok dreaming") + status_of("y")))


def test_control_files_of_distroless_images_have_no_status_and_are_installed() -> None:
    content = "Package: tzdata\nVersion: 2024a\nArchitecture: all\nDescription: zones\n"
    facts = parsed(dpkg, content + "\n", path="/var/lib/dpkg/status.d/tzdata")
    assert [(app.identifier, app.version, app.state) for app in facts.apps] == [("tzdata", "2024a", "installed")]
    assert dpkg.recognise("status.d/tzdata", content.encode())


def test_a_missing_status_among_others_is_told_and_not_guessed() -> None:
    facts = parsed(dpkg, status_of("x") + "Package: y\nVersion: 1\nDescription: d\n\n")
    assert [app.identifier for app in facts.apps] == ["x"]
    assert reasons(facts)


def test_field_names_in_any_case_and_order() -> None:
    facts = parsed(dpkg, "version: 2\nstatus: install ok installed\nPACKAGE: x\n\n" + status_of("y"))
    assert [(app.identifier, app.version) for app in facts.apps] == [("x", "2"), ("y", "1")]


def test_a_description_that_looks_like_a_field_is_none() -> None:
    content = status_of("x").replace(" of some kind", " Package: telegram-desktop\n Status: install ok installed")
    assert states(content) == {"x": "installed"}


def test_carriage_returns_and_broken_text_are_survived() -> None:
    assert [app.version for app in parsed(dpkg, SAMPLE.replace("\n", "\r\n")).apps] == ["4.6.5+ds-2", "3.46.4-2"]
    assert parsed(dpkg, SAMPLE.encode().replace(b"4.6.5", b"4\xff5")).apps[0].version == "4\ufffd5+ds-2"


def test_an_archive_of_captures_is_opened() -> None:
    content = f"Some words.\n\n-- var/lib/dpkg/status --\n{SAMPLE}-- var/lib/dpkg/info/x.list --\n/usr\n"
    assert states(content) == {"telegram-desktop": "installed", "evolution": "installed"}
