"""Builds the documents into a site: `make docs`. A broken link or anchor ends it with an error.

The documents link to files of the repository: a pack, a schema, the test behind a claim. A reader on an intranet has no
repository, so the site holds what is linked: a document as a page, any other file as a page that shows it, a folder as
the list of its files. Each page stands in `repository/`, under its own path.
"""

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
ASSETS = (".svg", ".css", ".js")
_LANGUAGES = {".json": "json", ".py": "python", ".toml": "toml", ".yml": "yaml"}
_CODE_OR_LINK = re.compile(
    r"^```.*?^```$|(?P<open>!?\[(?P<text>[^\]\n]*)\]\()(?P<target>[^)\s]+)\)|`[^`\n]+`", re.MULTILINE | re.DOTALL
)
_FOR_TESTS = re.compile(r"^(```\w+)(?: [\w-]+)+$", re.MULTILINE)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
SHOWN = "---\nsearch:\n  exclude: true\n---\n\n"
"""The beginning of a page that shows a file: it is found by links, and not by the search."""


def build(folder: Path) -> Path:
    """Builds the site anew in a folder's `site`, out of the Markdown in its `pages`. Returns the folder of the site.

    Raises:
        SystemExit: a link leads nowhere, or the generator has refused a page; it says which.
    """
    if find_spec("zensical") is None:
        raise SystemExit("docs: Zensical is not installed; run `pip install -r requirements/docs.txt`")
    for old in ("pages", "site", ".cache"):
        shutil.rmtree(folder / old, ignore_errors=True)
    for name, content in pages():
        path = folder / "pages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    shutil.copy(DOCS / "zensical.toml", folder)
    words = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", str(folder / "zensical.toml")]
    done = subprocess.run(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{_COLOURS.sub('', done.stdout)}\ndocs: the site was not built; mend what is listed above")
    return folder / "site"


def pages() -> Iterator[tuple[str, str]]:
    """Name and content of every page and asset: the documents, and whatever can be reached from them by links."""
    for path in sorted(DOCS.rglob("*")):
        if path.suffix in ASSETS:
            yield path.relative_to(DOCS).as_posix(), path.read_text(encoding="utf-8")
    waiting = sorted(DOCS.rglob("*.md"))
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        if path.suffix != ".md":
            yield page_of(path), shown(path)
            continue
        text = path.read_text(encoding="utf-8")
        yield page_of(path), with_links(text, path)
        for match in _links(text):
            target = led_to(match["target"], path)
            if target is not None and target not in seen and target.suffix not in ASSETS:
                seen.add(target)
                waiting.append(target)


def page_of(path: Path) -> str:
    """The page that shows a file of the repository."""
    if path.is_relative_to(DOCS):
        return path.relative_to(DOCS).as_posix()
    name = path.relative_to(ROOT).as_posix()
    return f"repository/{name}" if path.suffix in {".md", *ASSETS} else f"repository/{name}.md"


def led_to(link: str, source: Path) -> Path | None:
    """The file or folder that a link leads to; a folder's README where there is one, None outside of the repository.

    Raises:
        SystemExit: there is nothing.
    """
    name = link.partition("#")[0]
    if not name or "://" in name or name.startswith("mailto:"):
        return None
    path = (source.parent / name).resolve()
    if not path.exists() or not path.is_relative_to(ROOT):
        raise SystemExit(f"docs: {source.relative_to(ROOT)}: {link} leads nowhere; name a file of the repository")
    readme = path / "README.md"
    return readme if readme.is_file() else path


def with_links(text: str, source: Path) -> str:
    """A document whose links lead to pages, and whose blocks say nothing of what their tests need."""

    def led(match: re.Match[str]) -> str:
        target = None if match["target"] is None else led_to(match["target"], source)
        if target is None:
            return match[0]
        page = os.path.relpath(page_of(target), Path(page_of(source)).parent).replace(os.sep, "/")
        anchor = match["target"].partition("#")[2] or line_of(target, match["text"])
        return f"{match['open']}{page}{'#' if anchor else ''}{anchor})"

    return _CODE_OR_LINK.sub(led, _FOR_TESTS.sub(r"\1", text))


def line_of(path: Path, text: str) -> str:
    """The anchor of the line in which a function begins whose name is the link's text, or nothing."""
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == text.strip("`"):
                return f"__codelineno-0-{node.lineno}"
    return ""


def shown(path: Path) -> str:
    """The page that shows a file which is no document, or lists a folder."""
    head = f"{SHOWN}# {path.relative_to(ROOT).as_posix()}\n\n"
    if path.is_dir():
        return head + "".join(f"- `{one.name}`\n" for one in sorted(path.iterdir()))
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise SystemExit(f"docs: {path.relative_to(ROOT)} is no text; link to its folder") from None
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
    return f'{head}{fence} {{ .{_LANGUAGES.get(path.suffix, "text")} linenums="1" }}\n{text}{fence}\n'


def _links(text: str) -> Iterator[re.Match[str]]:
    return (match for match in _CODE_OR_LINK.finditer(text) if match["target"] is not None)


def main() -> None:
    """Builds the site into a folder, `build` by default: its pages are in `site` there."""
    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("folder", nargs="?", type=Path, default=ROOT / "build")
    sys.stdout.write(f"{build(options.parse_args().folder)}\n")


if __name__ == "__main__":
    main()
