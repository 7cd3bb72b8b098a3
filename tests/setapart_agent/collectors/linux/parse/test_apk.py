"""Alpine's installed database."""

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import apk
from setapart_agent.errors import ParseError

SAMPLE = (
    "C:Q1abc=\nP:musl\nV:1.2.4-r1\nA:x86_64\nT:libc\nF:lib\nR:ld.so\n\n"
    "C:Q1def=\nP:telegram-desktop\nV:4.8.3-r0\nA:x86_64\nF:usr\nR:P:fake\n\n"
)


def test_survives_hostile_files() -> None:
    assert_survives(apk, "installed", SAMPLE.encode())


def test_names_and_versions() -> None:
    facts = parsed(apk, SAMPLE)
    assert [(app.identifier, app.version, app.source) for app in facts.apps] == [
        ("musl", "1.2.4-r1", "apk"),
        ("telegram-desktop", "4.8.3-r0", "apk"),
    ]
    assert facts.coverage == ()


def test_a_file_cut_anywhere_is_never_shorter_in_silence() -> None:
    border = SAMPLE.index("C:Q1def")
    for at in range(1, len(SAMPLE)):
        if at == border:
            continue
        try:
            facts = parsed(apk, SAMPLE[:at])
        except ParseError:
            continue
        assert facts.coverage, at


def test_a_block_without_version_is_kept_and_told() -> None:
    facts = parsed(apk, "P:odd\n\nP:musl\nV:1\n\n")
    assert [app.identifier for app in facts.apps] == ["odd", "musl"]
    assert facts.coverage[0].status == "failed"
