import pytest

from macos_tree import binary, record, xml
from setapart_agent.collectors.macos.parse.user_record import UserRecord, read
from setapart_agent.errors import ParseError


def test_a_record() -> None:
    found = read(record("ann", 501, "/Users/ann"))
    assert found == UserRecord(name="ann", uid=501, home="/Users/ann", shell="/bin/zsh")
    assert found.login


def test_nobody_has_the_last_uid_but_one() -> None:
    found = read(record("nobody", -2, "/var/empty", "/usr/bin/false"))
    assert (found.uid, found.login) == (4294967294, False)


def test_the_first_member_counts() -> None:
    content = xml({"name": ["ann", "alias"], "uid": ["501"], "home": ["/Users/ann"]})
    assert (read(content).name, read(content).login) == ("ann", True)


@pytest.mark.parametrize(
    "values",
    [
        {"uid": ["501"], "home": ["/Users/x"]},
        {"name": ["x"], "home": ["/Users/x"]},
        {"name": ["x"], "uid": ["501"]},
        {"name": ["x"], "uid": ["5O1"], "home": ["/Users/x"]},
        {"name": ["x"], "uid": ["9" * 40], "home": ["/Users/x"]},
        {"name": ["x"], "uid": ["501"], "home": ["Users/x"]},
        {"name": [], "uid": [501], "home": [b"/Users/x"]},
        {},
    ],
)
def test_a_record_that_tells_too_little_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ParseError):
        read(binary(values))


@pytest.mark.parametrize("content", [b"", b"bplist00", b"<plist>", record("ann", 501, "/Users/ann")[:-9]])
def test_a_broken_record_is_refused(content: bytes) -> None:
    with pytest.raises(ParseError):
        read(content)
