"""rpm's database, whichever container it is in: `rpmdb.sqlite`, `Packages.db` (ndb) or `Packages` (Berkeley DB)."""

from collections.abc import Iterator

from setapart_agent.collectors.linux.parse import rpm_bdb, rpm_ndb
from setapart_agent.collectors.linux.parse.damage import app_facts
from setapart_agent.collectors.linux.parse.rpm_header import PREFIX, app_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "linux.rpm-db"
MATURITY: Maturity = "real-hardware"
QUERIES = {"packages": f"SELECT substr(blob, 1, {PREFIX}), length(blob) FROM Packages ORDER BY hnum"}  # noqa: S608 - a number of ours
"""For the sqlite container. The rest of a blob is lists of files, which nobody here needs."""

_SQLITE = b"SQLite format 3\x00"


def recognise(name: str, content: bytes) -> bool:
    """By the magic of each container, for sqlite also by the table of packages."""
    if content.startswith(_SQLITE):
        return b"'Packages' (hnum" in content[:65536] or name.endswith("rpmdb.sqlite")
    return content.startswith(rpm_ndb.MAGIC) or rpm_bdb.is_bdb(content)


def parse(files: FileSet) -> Facts:
    """Every package. Where the database breaks off, those before it, and a `failed` row.

    Raises:
        ParseError: not a database of rpm's, or broken at the first package.
    """
    damage: tuple[str, ...] = ()
    apps = []
    try:
        for prefix, size in _blobs(files):
            apps.append(app_of(prefix, size, files.profile))
    except ParseError as exc:
        damage = (exc.got,)
    return app_facts(tuple(apps), damage, kind=KIND, files=files)


def _blobs(files: FileSet) -> Iterator[tuple[bytes, int]]:
    content = files.main
    if content.startswith(_SQLITE):
        return _rows(files)
    return rpm_ndb.blobs(content) if content.startswith(rpm_ndb.MAGIC) else rpm_bdb.blobs(content)


def _rows(files: FileSet) -> Iterator[tuple[bytes, int]]:
    if "packages" not in files.rows:
        raise ParseError("rpm: no table of packages", expected="an rpmdb.sqlite")
    for row in files.rows["packages"]:
        prefix, size = row if len(row) == 2 else (None, None)  # noqa: PLR2004 - the two columns of QUERIES
        if not isinstance(prefix, bytes) or not isinstance(size, int):
            raise ParseError("rpm: a package that is no blob", expected="an rpmdb.sqlite")
        yield prefix, size
