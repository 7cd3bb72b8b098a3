"""What platforms declare: modules that exist, and all of the code that decides what a parser sees."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

from repository import REPOSITORY
from setapart_agent.collectors.base import CollectorInfo
from setapart_agent.collectors.ways import PLATFORMS, declared

COLLECTORS = [info for platform in declared() for info in platform.collectors]


def source_of(module: str) -> Path:
    return REPOSITORY / "agent" / f"{module.replace('.', '/')}.py"


def parsers_in(module: str) -> set[str]:
    """The parser modules that a module imports, wherever in it."""
    found = (one for one in ast.walk(ast.parse(source_of(module).read_text())) if isinstance(one, ast.ImportFrom))
    names = {name for node in found for one in node.names for name in (node.module, f"{node.module}.{one.name}")}
    return {name for name in names if name and ".parse." in name and source_of(name).exists()}


def test_every_platform_is_declared() -> None:
    folders = {path.parent.name for path in (REPOSITORY / "agent/setapart_agent/collectors").glob("*/ways.py")}
    assert folders == set(PLATFORMS)


@pytest.mark.parametrize("info", COLLECTORS, ids=lambda info: info.name)
def test_the_digest_of_a_collector_changes_with_whatever_its_parsers_use(info: CollectorInfo) -> None:
    folder = info.name.partition(".")[0]
    platform = import_module(f"setapart_agent.collectors.{folder}.{'collector' if folder != 'ios' else 'ways'}")
    known = {*info.modules, *getattr(platform, "_SHARED", ())}  # what a platform adds to each when it runs
    for module in info.modules:
        assert source_of(module).exists(), module
        if ".parse." in module:
            assert parsers_in(module) <= known, module
