"""Do the tests notice when appraisal or `open_report` is changed? `python bench/mutation.py [NAME...]`.

Needs mutmut beside the test requirements: `pip install mutmut`. It works in a copy of the tree; nothing here changes.
With names of mutants (or patterns such as `*need*`) it tries only those. Prints what was killed and every survivor with
its change; a survivor in which only the words of a sentence differ is counted apart: tests don't pin sentences.

mutmut changes bodies of functions; it leaves module constants, properties and other decorated functions alone.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
SETTINGS = """
[tool.mutmut]
source_paths = ["src/setapart_auditor/appraisal", "src/setapart_evidence/open.py"]
also_copy = ["src", "agent", "auditor", "config", "docs"]
pytest_add_cli_args_test_selection = ["tests/setapart_auditor/appraisal", "tests/setapart_evidence/test_open.py"]
pytest_add_cli_args = ["-k", "not in_good_time and not large and not arbitrary and not any_value"]
"""
"""mutmut knows a module by its path below `src`, so the copy has both source roots merged there.

Only the mirrored tests: what the golden table, the threats or the properties alone would notice is not pinned where a
reader looks for it. Tests of odd input and of speed are left out: they take seconds, and a busy machine fails them.
"""
KILLED = (1, 3)
"""What pytest ends with when a test failed; 0 is a survivor, all else a mutant that came to no end."""
LITERAL = re.compile(r'"[^"]*"')
SENTENCE = re.compile(r'"[^{]*[a-z] [a-z][^{]*"')


def copy_tree(folder: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", ".hypothesis")
    for name in ("agent", "auditor", "config", "docs", "tests"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=ignored)
    for root in ("agent", "auditor"):
        shutil.copytree(REPOSITORY / root, folder / "src", ignore=ignored, dirs_exist_ok=True)
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(project + SETTINGS, encoding="utf-8")


def mutmut(folder: Path, *arguments: str, quiet: bool = False) -> str:
    environment = os.environ | {"CI": "true"}  # hypothesis: the same examples for every mutant
    command = (sys.executable, "-m", "mutmut", *arguments)
    stdout = subprocess.PIPE if quiet else None
    return subprocess.run(command, cwd=folder, env=environment, check=True, text=True, stdout=stdout).stdout


def results(folder: Path) -> dict[str, int]:
    """The tried mutants' names to pytest's exit code."""
    found: dict[str, int | None] = {}
    for path in sorted((folder / "mutants" / "src").rglob("*.meta")):
        found |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return {name: code for name, code in found.items() if code is not None}


def change(folder: Path, name: str) -> tuple[str, str]:
    """The lines of a mutant, before and after."""
    shown = mutmut(folder, "show", name, quiet=True).splitlines()
    lines = [line for line in shown if not line.startswith(("---", "+++", "#"))]
    before, after = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return before, after


def only_words(before: str, after: str) -> bool:
    """Whether two lines differ only in letters of sentences: mutmut shouts them, or puts XX at their ends."""
    pairs = zip(LITERAL.findall(before), LITERAL.findall(after), strict=False)
    same_sentences = all(
        one == other or (SENTENCE.fullmatch(one) and one.casefold() == other.replace("XX", "").casefold())
        for one, other in pairs
    )
    return same_sentences and LITERAL.sub("", before) == LITERAL.sub("", after)


def main() -> None:
    if find_spec("mutmut") is None:
        sys.exit("mutmut is not installed here: pip install mutmut")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_tree(folder)
        mutmut(folder, "run", "--max-children", "2", *sys.argv[1:])
        codes = results(folder)
        killed = sum(code in KILLED for code in codes.values())
        wording = []
        for mutant, code in codes.items():
            if code in KILLED:
                continue
            before, after = change(folder, mutant)
            if only_words(before, after):
                wording.append(f"{mutant}  {after}")
            else:
                print(f"{'survived' if code == 0 else f'no end ({code})'}  {mutant}\n  - {before}\n  + {after}")
    print("\nonly the words of a sentence:", *wording, sep="\n  ")
    total, survived = len(codes), sum(code == 0 for code in codes.values())
    print(f"\n{killed} of {total} mutants killed: {killed / total:.1%}; {survived} survived")
    print(f"{len(wording)} of the survivors change only words; without those {killed / (total - len(wording)):.1%}")


if __name__ == "__main__":
    main()
