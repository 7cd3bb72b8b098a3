from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import bookmarks

GTK = "file:///home/ada/Documents\nsmb://files.corp.example/share Work files\nsftp://ada@host.corp.example/\nsmb:///\n"
XBEL = '<xbel>\n <bookmark href="file:///home"/>\n <bookmark href="smb://files.corp.example/x">\n</xbel>\n'


def test_servers_of_both_formats() -> None:
    assert [link.target for link in parsed(bookmarks, GTK).links] == ["files.corp.example", "host.corp.example"]
    assert [link.target for link in parsed(bookmarks, XBEL).links] == ["files.corp.example"]


def test_broken_files_survive() -> None:
    assert_survives(bookmarks, "bookmarks", GTK.encode())
