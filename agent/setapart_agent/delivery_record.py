"""How delivery goes, from run to run: `receipts/delivery.json` in the state folder."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, structs

from setapart_agent import receipts
from setapart_agent.private_files import read_private
from setapart_evidence.errors import SetapartError
from setapart_evidence.limits import MAX_SAFE_INTEGER
from setapart_evidence.statement import Moment
from setapart_evidence.text import printable

FILE = f"{receipts.FOLDER}/delivery.json"
_MOST_TEXT = 2000


class Trouble(Struct, frozen=True, kw_only=True):
    """What went wrong last, in words that can be shown whoever wrote the file."""

    got: str
    expected: str = ""
    cure: str = ""
    at: Moment

    def __post_init__(self) -> None:
        """Makes its texts printable."""
        for name in self.__struct_fields__:
            if isinstance(text := getattr(self, name), str):
                structs.force_setattr(self, name, printable(text, _MOST_TEXT))

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

    failures: Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER)] = 0
    next_at: Moment | None = None
    tried_at: Moment | None = None
    delivered_at: Moment | None = None
    trouble: Trouble | None = None
    bundle_trouble: Trouble | None = None


def read_record(folder: Path) -> Record:
    """How delivery went so far; a damaged file is as good as none."""
    try:
        return msgspec.json.decode(read_private(folder / FILE), type=Record)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Record()


def write_record(folder: Path, record: Record) -> None:
    """Writes down how delivery goes.

    Raises:
        ChainError: it could not be written.
    """
    receipts.keep(folder / FILE, msgspec.json.encode(record))
