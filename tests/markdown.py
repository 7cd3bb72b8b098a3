"""Just enough of Markdown to compare a document with what it is about: headings, tables, shell examples, links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from repository import REPOSITORY

_FENCE = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_TITLE = re.compile(r'title="([^"]+)"')
_CELL = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: its headings and its rows, cells as written."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, heading: str) -> tuple[str, ...]:
        """The cells below a heading."""
        at = self.headings.index(heading)
        return tuple(row[at] for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A command of a `console` block, what the document shows below it, and the parts that its block needs."""

    command: str
    shown: str
    needs: tuple[str, ...]


def document(name: str) -> str:
    """A document of the repository."""
    return (REPOSITORY / name).read_text(encoding="utf-8")


def documents() -> tuple[Path, ...]:
    """Every Markdown file that belongs to the repository."""
    folders = ("docs", "config", "bench", "packaging", "tests")
    found = [*REPOSITORY.glob("*.md"), *(file for folder in folders for file in (REPOSITORY / folder).rglob("*.md"))]
    return tuple(sorted(found))


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of its level or above."""
    found = [(match.start(), match.end(), len(match[1]), match[2]) for match in _headings(text)]
    for at, (_, end, level, title) in enumerate(found):
        if title == heading:
            return text[end : next((start for start, _, other, _ in found[at + 1 :] if other <= level), len(text))]
    raise AssertionError(f"no heading {heading!r}")


def tables(text: str) -> tuple[Table, ...]:
    """Every table, in order."""
    found: list[Table] = []
    block: list[str] = []
    for line in [*_FENCE.sub("", text).splitlines(), ""]:
        if line.startswith("|"):
            block.append(line)
        elif block:
            head, _, *rows = (tuple(_cells(one)) for one in block)
            assert all(len(row) == len(head) for row in rows), block[0]
            found.append(Table(headings=head, rows=tuple(rows)))
            block = []
    return tuple(found)


def table(text: str, heading: str) -> Table:
    """The one table below a heading."""
    (found,) = tables(section(text, heading))
    return found


def code(cell: str) -> str:
    """The one thing in code style in a cell."""
    (found,) = _CODE.findall(cell)
    return str(found)


def codes(text: str) -> tuple[str, ...]:
    """Everything in code style in a text."""
    return tuple(_CODE.findall(_FENCE.sub("", text)))


def examples(text: str) -> tuple[Example, ...]:
    """The commands of all `console` blocks; `console adb` says that the block needs adb."""
    found: list[Example] = []
    for fence in _FENCE.finditer(text):
        kind, *needs = fence["kind"].split()
        if kind != "console":
            continue
        for part in re.split(r"^\$ ", fence["body"], flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            found.append(Example(command=command, shown=shown, needs=tuple(needs)))
    return tuple(found)


def files(text: str) -> tuple[tuple[str, str], ...]:
    """Name and content of the files that a document shows: blocks with a `title="NAME"`."""
    named = ((_TITLE.search(fence["kind"]), fence["body"]) for fence in _FENCE.finditer(text))
    return tuple((title[1], body) for title, body in named if title is not None)


def commands(text: str) -> Iterator[str]:
    """The command lines in all `sh` and `console` blocks."""
    for fence in _FENCE.finditer(text):
        kind = fence["kind"].split()
        body = fence["body"].replace("\\\n", " ")
        if kind[:1] == ["sh"]:
            yield from body.splitlines()
        elif kind[:1] == ["console"]:
            yield from (line.removeprefix("$ ") for line in body.splitlines() if line.startswith("$ "))


def links(text: str) -> tuple[str, ...]:
    """The targets of all links outside of code."""
    return tuple(_LINK.findall(_CODE.sub("", _FENCE.sub("", text))))


def anchors(text: str) -> frozenset[str]:
    """The anchors that hosting pages make of headings: lower case, no punctuation, hyphens for spaces."""
    found: dict[str, int] = {}
    names: set[str] = set()
    for match in _headings(text):
        slug = re.sub(r"[^\w\- ]", "", match[2].lower()).replace(" ", "-")
        count = found.get(slug, 0)
        found[slug] = count + 1
        names.add(f"{slug}-{count}" if count else slug)
    return frozenset(names)


def shows(shown: str, printed: str) -> bool:
    """Whether a document shows what was printed.

    `…` stands for anything in a line, and alone for any number of lines; columns may be of another width.
    """
    pattern = "".join(r"(?:[^\n]*\n)*?" if line.strip() == "…" else _pattern(line) for line in shown.splitlines())
    return re.fullmatch(pattern, printed if not printed or printed.endswith("\n") else f"{printed}\n") is not None


def _pattern(line: str) -> str:
    columns = (re.escape(column).replace("…", "[^\n]*?") for column in re.split(r" {2,}", line.rstrip()))
    return " {2,}".join(columns) + " *\n"


def _headings(text: str) -> Iterator[re.Match[str]]:
    inside = [(fence.start(), fence.end()) for fence in _FENCE.finditer(text)]
    for match in _HEADING.finditer(text):
        if not any(start <= match.start() < end for start, end in inside):
            yield match


def _cells(line: str) -> Iterator[str]:
    for cell in _CELL.split(line.strip())[1:-1]:
        yield cell.strip().replace("\\|", "|")
