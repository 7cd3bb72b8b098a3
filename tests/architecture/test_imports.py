"""Who may import what, beyond what import-linter can say; and what a run of the agent must not import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from repository import REPOSITORY

AGENT = REPOSITORY / "agent" / "setapart_agent"
PARSE_MODULES = sorted(AGENT.glob("collectors/*/parse/*.py"))
PARSE_MAY_IMPORT = {
    "__future__", "base64", "binascii", "bisect", "collections", "configparser", "csv", "dataclasses", "datetime",
    "functools", "hashlib", "io", "itertools", "json", "math", "msgspec", "operator", "plistlib", "posixpath", "re",
    "shlex",
    "string", "struct", "tomllib", "typing", "unicodedata", "urllib.parse",
    "pyexpat", "xml.parsers.expat", "zipfile", "zlib",
}  # fmt: skip
PARSE_MAY_IMPORT_OF_OURS = (
    "setapart_evidence.",
    "setapart_agent.facts",
    "setapart_agent.errors",
    "setapart_agent.collectors.base",
    *(f"setapart_agent.collectors.{shared}.parse" for shared in ("apple", "browser", "desktop")),
)


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1, f"{path}: a relative import of more than one dot"
            found.add(node.module if node.level == 0 and node.module else f".{node.module or ''}")
    return found


@pytest.mark.parametrize("path", PARSE_MODULES, ids=lambda path: str(path.relative_to(AGENT)))
def test_a_parser_can_only_turn_bytes_into_facts(path: Path) -> None:
    own = "setapart_agent.collectors." + path.parent.parent.name
    for name in _imports(path):
        if name.startswith(("setapart_agent", "setapart_evidence")):
            allowed = name.startswith(PARSE_MAY_IMPORT_OF_OURS) or name in {own, f"{own}.parse", "setapart_evidence"}
            assert allowed or name.startswith(f"{own}."), f"{path.name} imports {name}"
        elif not name.startswith("."):
            root = name.partition(".")[0]
            assert name in PARSE_MAY_IMPORT or root in PARSE_MAY_IMPORT, f"{path.name} imports {name}"


def test_there_are_parsers_to_look_at() -> None:
    assert len(PARSE_MODULES) > 20


def test_root_folders_do_not_shadow_packages_of_the_same_name() -> None:
    for folder in ("packaging", "config", "docs", "tests"):
        assert not (REPOSITORY / folder / "__init__.py").exists()


def test_no_module_is_longer_than_400_lines() -> None:
    long = {
        str(path.relative_to(REPOSITORY)): lines
        for folder in ("agent", "auditor")
        for path in (REPOSITORY / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
        and path.name != "catalog_table.py"
        and path.parent.name != "versions"  # a schema is a list
    }
    assert not long


def test_no_function_is_longer_than_80_lines() -> None:
    long = [
        f"{path.name}:{node.name}"
        for folder in ("agent", "auditor")
        for path in (REPOSITORY / folder).rglob("*.py")
        if path.parent.name != "versions"  # a schema is a list
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 80
    ]
    assert not long


def test_a_report_imports_neither_auditor_nor_heavy_parts(tmp_path: Path) -> None:
    (tmp_path / "root" / "etc").mkdir(parents=True)
    (tmp_path / "root" / "etc" / "passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    key = tmp_path / "key.pem"
    run = [sys.executable, "-m", "setapart_agent"]
    subprocess.run([*run, "keygen", "--output", str(key)], check=True, capture_output=True)
    report = ["report", "--source", f"root:{tmp_path / 'root'}", "--key", str(key), "--output", str(tmp_path / "x")]
    answer = subprocess.run(
        [sys.executable, "-X", "importtime", *run[1:], *report], check=True, capture_output=True, text=True
    )
    imported = {
        line.rpartition("|")[2].strip() for line in answer.stderr.splitlines() if line.startswith("import time:")
    }
    assert "setapart_evidence.statement" in imported
    for heavy in ("setapart_auditor", "pydantic", "sqlite3", "rich", "urllib.request", "xml", "zipfile", "subprocess"):
        hits = {name for name in imported if name == heavy or name.startswith(f"{heavy}.")}
        assert not hits, f"report imports {hits}"


def test_the_agent_works_without_the_auditors_package() -> None:
    program = (
        "import sys, importlib.abc\n"
        "class Refuse(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('setapart_auditor', 'rich'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "sys.argv = ['setapart-agent', 'parse', '--list']\n"
        "from setapart_agent.cli import main\n"
        "main()\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
