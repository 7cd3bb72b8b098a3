"""How delivery goes, from run to run: `delivery.json` in the state folder."""

from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from setapart_agent.private_files import write_private
from setapart_evidence.errors import SetapartError
from setapart_evidence.statement import Moment

FILE = "delivery.json"


class Trouble(Struct, frozen=True, kw_only=True):
    """What went wrong last."""

    got: str
    expected: str = ""
    cure: str = ""
    at: Moment

    @classmethod
    def of(cls, exc: SetapartError, now: datetime) -> "Trouble":
        """The trouble that an error tells of."""
        return cls(got=exc.got, expected=exc.expected, cure=exc.cure, at=now)


class Record(Struct, frozen=True, kw_only=True):
    """`delivery.json`: how delivery goes, from run to run.

    Attributes:
        failures: attempts that failed in a row.
        next_at: before this no attempt is made, unless somebody asks for it.
        delivered_at: when the auditor last took something.
        trouble, bundle_trouble: of the last attempt, and of the last fetch of a bundle.
    """

    failures: int = 0
    next_at: Moment | None = None
    tried_at: Moment | None = None
    delivered_at: Moment | None = None
    trouble: Trouble | None = None
    bundle_trouble: Trouble | None = None


def read_record(folder: Path) -> Record:
    """How delivery went so far; a damaged file is as good as none."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Record()


def write_record(folder: Path, record: Record) -> None:
    """Writes down how delivery goes.

    Raises:
        ChainError: it could not be written.
    """
    write_private(folder / FILE, msgspec.json.encode(record))
