"""The digest of a collector, signed with every report, covers every parser that decides what it sees."""

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

PLATFORMS = ("ios", "mdm")


def _parsers_imported_by(module: str) -> set[str]:
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    named: set[str] = set()
    for node in ast.walk(ast.parse(Path(spec.origin).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            named |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return {name for name in named if ".parse." in name and _is_module(name)}


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_parsers_of_a_parser_are_declared_with_it(platform: str) -> None:
    collectors = import_module(f"setapart_agent.collectors.{platform}.ways").COLLECTORS
    missing = {
        (info.name, needed)
        for info in collectors
        for module in info.modules
        if ".parse." in module
        for needed in _parsers_imported_by(module)
        if needed not in info.modules
    }
    assert missing == set()
