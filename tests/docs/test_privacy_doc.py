"""docs/privacy.md: every field that an agent sends has its purpose, and what no rule is said to use no rule uses."""

import ast
import importlib.util
from typing import get_type_hints

import pytest
from msgspec import Struct

from markdown import codes, document, section, tables
from repository import REPOSITORY
from setapart_evidence.enrolment import Enrolment, Rotation
from setapart_evidence.model import Inventory
from setapart_evidence.receipt import Request
from setapart_evidence.statement import Predicate

_SPEC = importlib.util.spec_from_file_location("fill", REPOSITORY / "docs" / "fill.py")
assert _SPEC is not None
assert _SPEC.loader is not None
fill = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(fill)
PRIVACY = document("docs/privacy.md")
UNUSED = sorted(field for field, purpose in fill.PURPOSES.items() if purpose.endswith("no rule uses it"))
# Names that other things have too: `version` of a pack. Whoever reads one in a rule looks here.
ALSO_OTHERS = {"App.version"}


def parts_of(kind: object) -> set[type[Struct]]:
    """The structures in a message, at any depth."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return {kind}.union(*(parts_of(one) for one in get_type_hints(kind).values()))
    return set().union(*(parts_of(one) for one in getattr(kind, "__args__", ())))


def test_every_part_of_every_message_of_an_agent_is_listed() -> None:
    messages = {Inventory, Predicate, Enrolment, Rotation, Request}
    holders = {Inventory, Predicate}  # they hold the others, and nothing else
    wanted = set().union(*(parts_of(kind) for kind in messages)) - holders
    assert wanted == {*fill.REPORT, *fill.OTHERS}


@pytest.mark.parametrize("field", sorted({*UNUSED} - ALSO_OTHERS))
def test_what_no_rule_uses_is_read_by_no_rule(field: str) -> None:
    name = field.partition(".")[2]
    for path in (REPOSITORY / "auditor" / "setapart_auditor" / "appraisal").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert name not in used, f"{path.name} reads {name}: say in docs/fill.py what it is for"


def test_a_field_without_a_purpose_cannot_be_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(fill.PURPOSES, "Device.boot_time")
    with pytest.raises(SystemExit, match=r"Device\.boot_time"):
        fill.fields(fill.REPORT)


def test_the_table_of_levels_says_what_must_stay() -> None:
    (levels,) = tables(section(PRIVACY, "What leaves it"))
    scoped = {row[0]: set(codes(row[1])) for row in levels.rows}
    assert scoped["any other app"] == set()
    assert scoped["an account elsewhere"] == {"profile", "type", "services", "enabled", "withheld"}
    assert {"domain", "host", "tenant"} < scoped["an account inside the authority"]
    assert "name" not in scoped["a profile"]
    assert "serial_digest" in scoped["the device"]
    assert not any("address_digest" in row[1] for row in levels.rows)
