"""Cells of CSV that no spreadsheet takes for a formula (threat 21), and back."""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What spreadsheets begin a formula with (OWASP: CSV injection), after as many apostrophes as were put before it."""


def neutral(text: str) -> str:
    """The text with an apostrophe before what could be a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def plain(cell: str) -> str:
    """The text that `neutral` made this cell of; a cell that it can't have made stays as it is."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
