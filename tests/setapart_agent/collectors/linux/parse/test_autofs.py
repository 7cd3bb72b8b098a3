from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import autofs

MAP = """# comment host:/x
+auto.master
/home  auto.home --timeout=60
work  -fstype=nfs4,rw  nfs.corp.example:/export/&
win   -fstype=cifs,credentials=/x ://files.corp.example/share
cd    -fstype=iso9660,ro  :/dev/cdrom
*     -rw \\
   home.corp.example:/export/home/&
"""


def test_file_servers_of_a_map() -> None:
    assert [link.target for link in parsed(autofs, MAP).links] == [
        "nfs.corp.example",
        "files.corp.example",
        "home.corp.example",
    ]


def test_a_program_is_no_map() -> None:
    assert not autofs.recognise("auto.net", b"#!/bin/bash\n")


def test_broken_files_survive() -> None:
    assert_survives(autofs, "auto.work", MAP.encode())
