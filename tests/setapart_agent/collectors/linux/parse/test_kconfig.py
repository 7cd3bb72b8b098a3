import pytest

from setapart_agent.collectors.linux.parse.kconfig import kconfig
from setapart_agent.errors import ParseError


def test_marks_hide_neither_a_section_nor_a_key() -> None:
    fixed, plain = kconfig(b"[network][$i]\nImapServer[$ie]=imap.corp.example\n[A][B]\nPath[$e]=x\nName[de]=y\n")
    assert (fixed.name, fixed.values) == ("network", {"imapserver": "imap.corp.example"})
    assert (plain.name, plain.values) == ("A][B", {"path": "x", "name[de]": "y"})


def test_a_whole_file_that_is_fixed_keeps_its_sections() -> None:
    (section,) = (one for one in kconfig(b"[$i]\n[network]\nhost=x\n") if one.values)
    assert (section.name, section.values) == ("network", {"host": "x"})


def test_what_has_no_section_is_refused() -> None:
    with pytest.raises(ParseError, match="no section"):
        kconfig(b"nothing")
