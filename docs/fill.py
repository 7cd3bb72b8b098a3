"""Fills the parts of documents that are made from the code: `make filled-docs`. A test makes them again and compares.

Two marks are known. `<!-- code: FILE NAME -->` before a Python block: the block becomes that function or assignment.
`<!-- fill: WHAT -->` … `<!-- end -->`: what stands between becomes a table of what the collectors declare.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from setapart_agent.collectors.base import CollectorInfo, WayIn
from setapart_agent.collectors.ways import Declared, declared

ROOT = Path(__file__).resolve().parent.parent
MATURITIES = ("untested", "captures", "real-hardware")
_CODE = re.compile(r"(<!-- code: (\S+) (\S+) -->\n```python\n).*?(```\n)", re.DOTALL)
_FILL = re.compile(r"(<!-- fill: ([a-z-]+) -->\n).*?(<!-- end -->\n)", re.DOTALL)
_YES = {True: "yes", False: "no"}


def filled(text: str) -> str:
    """The document with every marked part made anew."""
    text = _CODE.sub(lambda found: f"{found[1]}{source_of(found[2], found[3])}\n{found[4]}", text)
    return _FILL.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n{found[3]}", text)


def source_of(file: str, name: str) -> str:
    """The source of a top-level function or assignment, with its decorators."""
    text = (ROOT / file).read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        names = [node.name] if isinstance(node, ast.FunctionDef) else []
        if isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        if name in names:
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
            return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    raise SystemExit(f"{file} has no {name}")


def devices() -> str:
    """Every way in: whether a device can be green that way, how far it was tried, and what it shows."""
    headings = (
        "device", "way in", "as ordinary", "as dedicated", "tried", "last run on real hardware",
        "seen", "not seen", "what the holder must do",
    )  # fmt: skip
    rows = [
        (
            way.device, way.source, _YES[way.ordinary], _YES[way.dedicated], tried(way, one), way.last_run,
            way.seen, way.unseen, way.holder,
        )
        for one in declared()
        for way in one.ways
    ]  # fmt: skip
    return table(headings, rows)


def collectors() -> str:
    """Every collector, as it declares itself, by platform."""
    parts: list[str] = []
    for one in declared():
        rows = [
            (f"`{info.name}`", str(info.version), ", ".join(info.sections), info.maturity, "; ".join(info.reads))
            for info in one.collectors
        ]
        headings = ("collector", "version", "sections", "tried", "reads")
        parts.append(f"### {one.title} collectors\n\n{table(headings, rows)}")
    return "\n".join(parts)


def tried(way: WayIn, platform: Declared) -> str:
    """How far the least tried collector of a way in has been tried."""
    infos: Iterable[CollectorInfo] = (info for info in platform.collectors if info.name in way.collectors)
    return min((info.maturity for info in infos), key=MATURITIES.index)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


PARTS: dict[str, Callable[[], str]] = {"devices": devices, "collectors": collectors}


def main() -> None:
    """Fills every document in place."""
    for path in sorted((ROOT / "docs").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        new = filled(text)
        if new != text:
            path.write_text(new, encoding="utf-8")
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
