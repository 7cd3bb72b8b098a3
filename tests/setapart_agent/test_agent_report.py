"""A report's statement: what it says of the code that made it."""

import hashlib
from pathlib import Path

import setapart_agent
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux import collector as linux
from setapart_agent.report import code_digest

ROOT = Path(setapart_agent.__file__).parent


def _digest(*names: str) -> str:
    sources = b"".join(hashlib.sha256((ROOT / name).read_bytes()).digest() for name in names)
    return f"sha256:{hashlib.sha256(sources).hexdigest()}"


def test_the_digest_of_a_collector_is_that_of_its_sources_in_order() -> None:
    modules = ("setapart_agent.facts", "setapart_agent.collectors.desktop.tree")
    assert code_digest(modules) == _digest("facts.py", "collectors/desktop/tree.py")
    assert code_digest(modules) != code_digest(modules[::-1])


def test_code_that_decides_what_every_linux_collector_sees_counts_for_each(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    ran = linux.collect(Tree(str(tmp_path))).collectors
    assert ran
    for info in ran:
        shared = ("desktop.tree", "desktop.host", "linux.users")
        assert {f"setapart_agent.collectors.{name}" for name in shared} <= set(info.modules)
        for module in info.modules:
            assert (ROOT.parent / (module.replace(".", "/") + ".py")).is_file(), module
