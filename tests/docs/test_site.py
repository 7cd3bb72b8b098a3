"""The site of the documents: strict, whole, nothing from elsewhere, and a search that needs no network."""

import importlib.util
import json
import re
import time
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from chromium_program import DevTools, chromium
from chromium_program import site as served
from desktop_programs import PATIENCE, desktop
from markdown import document, examples
from repository import REPOSITORY

_SPEC = importlib.util.spec_from_file_location("build_site", REPOSITORY / "docs" / "build_site.py")
assert _SPEC is not None
assert _SPEC.loader is not None
build_site = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(build_site)
DOCS = REPOSITORY / "docs"
SETTINGS = tomllib.loads(document("docs/zensical.toml"))["project"]
LOADED = {"src", "srcset", "poster", "data", "action", "background"}
_CSS_LOADS = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")
_OUTSIDE = re.compile(r"^ {1,3}(?:```|[-*+] |\d+\. ).*", re.MULTILINE)
_NAVIGATION = re.compile(r"^nav = \[.*?^\]$", re.MULTILINE | re.DOTALL)
_TYPING = "(((document.activeElement || {}).shadowRoot || {}).activeElement || {}).tagName === 'INPUT'"
_UNREAD = re.compile(r"^\s*(?:[-*+] |\d+\. |```|\|)")


class Page(HTMLParser):
    """What a page loads, where its links lead, its anchors, its headings, and the paragraphs of its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.paragraphs: list[str] = []
        self._open = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        self.loaded += [values[name] for name in LOADED & values.keys()]
        if tag == "link":
            self.loaded.append(values.get("href", ""))
        elif "href" in values:
            self.links.append(values["href"])
        self.loaded += [one or other for one, other in _CSS_LOADS.findall(values.get("style", ""))]
        if tag == "p":
            self._open = True
            self.paragraphs.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "p"

    def handle_data(self, data: str) -> None:
        if self._open:
            self.paragraphs[-1] += data


class Opened:
    """A page in the browser."""

    def __init__(self, browser: DevTools, address: str) -> None:
        self._browser = browser
        target = browser.command("Target.createTarget", url=address)["targetId"]
        self.session = browser.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def said(self, expression: str) -> Any:
        """What an expression is there; a promise is waited for."""
        answer = self._browser.command(
            "Runtime.evaluate", self.session, expression=expression, returnByValue=True, awaitPromise=True,
            userGesture=True,
        )  # fmt: skip
        return answer["result"].get("value")

    def until(self, expression: str) -> None:
        """Returns once it is true."""
        end = time.monotonic() + PATIENCE
        while not self.said(expression):
            assert time.monotonic() < end, expression
            time.sleep(0.5)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder: Path = build_site.build(tmp_path_factory.mktemp("site"))
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Every page, by its file."""
    return {path: Page(path) for path in site.rglob("*.html")}


def in_navigation(entries: list[Any]) -> Iterator[str]:
    """The pages that the navigation names."""
    for entry in entries:
        for target in entry.values() if isinstance(entry, dict) else [entry]:
            if isinstance(target, str):
                yield target
            else:
                yield from in_navigation(target)


def test_every_document_has_one_place_in_the_navigation() -> None:
    named = list(in_navigation(SETTINGS["nav"]))
    assert len(named) == len(set(named))
    documents = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert documents == {name for name in named if not name.startswith("repository/")}, "mend nav in docs/zensical.toml"


def test_the_four_readers_have_a_place_each() -> None:
    titles = [title for entry in SETTINGS["nav"] for title in entry]
    assert titles == ["Documents", "IT staff", "Security officers", "Pack authors", "Contributors"]


@pytest.mark.needs("docs-site")
def test_no_page_loads_anything_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    assert len(pages) > 50
    for path, page in pages.items():
        for link in page.loaded:
            parts = urlsplit(link)
            if parts.scheme == "data":
                continue
            assert not parts.scheme, f"{path.name} loads {link}"
            assert not parts.netloc, f"{path.name} loads {link}"
            # The page for what is not found knows no place of its own: its paths begin at the site.
            file = site / parts.path[1:] if parts.path.startswith("/") else path.parent / unquote(parts.path)
            assert file.resolve().is_relative_to(site), f"{path.name} loads {link}"
            assert file.is_file(), f"{path.name} loads {link}"
    for path in site.rglob("*.css"):
        for one, other in _CSS_LOADS.findall(path.read_text(encoding="utf-8")):
            assert (one or other).startswith(("data:", "#")), f"{path.name} loads {one or other}"


@pytest.mark.needs("docs-site")
def test_every_link_leads_to_a_page_and_an_anchor_of_the_site(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        if path.name == "404.html":  # its links begin at the root of whatever serves it
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in {"http", "https", "mailto"}:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path}: {link}"
            if parts.fragment and target in pages:
                assert unquote(parts.fragment) in pages[target].anchors, f"{path}: {link}"


@pytest.mark.needs("docs-site")
def test_no_list_table_or_block_is_left_in_a_paragraph(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for paragraph in page.paragraphs:
            assert not any(_UNREAD.match(line) for line in paragraph.splitlines()), f"{path.name}: {paragraph}"


def test_what_belongs_to_a_list_is_indented_by_four() -> None:
    """By less it ends the list on the site, and the next number is 1 again."""
    for name, content in build_site.pages():
        if name.endswith(".md") and not content.startswith(build_site.SHOWN):
            assert not (found := _OUTSIDE.findall(content)), f"{name}: {found}"


@pytest.mark.needs("docs-site")
@pytest.mark.parametrize(
    "broken", ["[no page](no-page.md)", "[no anchor](agent.md#no-such-heading)", "[no file](../config/no-file.toml)"]
)
def test_a_broken_link_ends_the_build(broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "repository"
    (root / "docs").mkdir(parents=True)
    settings = _NAVIGATION.sub('nav = ["index.md"]', document("docs/zensical.toml"))
    (root / "docs" / "zensical.toml").write_text(settings)
    (root / "docs" / "agent.md").write_text("# The agent\n")
    (root / "docs" / "index.md").write_text("# Documents\n\n[here](agent.md#the-agent)\n")
    monkeypatch.setattr(build_site, "ROOT", root)
    monkeypatch.setattr(build_site, "DOCS", root / "docs")
    assert (build_site.build(tmp_path / "good") / "agent.html").is_file()
    (root / "docs" / "index.md").write_text(f"# Documents\n\n{broken}\n")
    with pytest.raises(SystemExit):
        build_site.build(tmp_path / "bad")


@pytest.mark.needs("docs-site")
def test_a_claim_about_threats_leads_to_the_line_of_its_test(pages: dict[Path, Page]) -> None:
    (threats,) = (path for path in pages if path.name == "threats.html")
    links = [link for link in pages[threats].links if link.startswith("repository/tests/")]
    assert len(links) > 50
    assert all("#__codelineno-0-" in link for link in links), links


@pytest.mark.needs("docs-site", "chromium")
def test_what_is_copied_from_a_terminal_are_the_commands_alone(site: Path) -> None:
    with desktop() as user, served(site) as address, chromium(user, user.home / "data") as browser:
        browser.command("Browser.grantPermissions", origin=address, permissions=["clipboardReadWrite"])
        opened = Opened(browser, f"{address}/guides/install-in-ten-minutes.html")
        opened.until("document.readyState === 'complete' && !!document.querySelector('.md-code__button')")
        browser.command("Page.bringToFront", opened.session)
        opened.said("document.querySelectorAll('.highlight')[2].querySelector('.md-code__button').click()")
        opened.until("navigator.clipboard.readText()")
        copied = opened.said("navigator.clipboard.readText()")
    guide = document("docs/guides/install-in-ten-minutes.md")
    assert copied.splitlines() == [example.command for example in examples(guide)[:2]]


@pytest.mark.needs("docs-site", "chromium")
@pytest.mark.parametrize("opened", ["over http", "as a file"])
def test_search_finds_words_and_nothing_is_asked_of_anybody_else(opened: str, site: Path) -> None:
    with desktop() as user, served(site) as address, chromium(user, user.home / "data") as browser:
        base = address if opened == "over http" else site.as_uri()
        page = Opened(browser, f"{base}/agent.html")
        page.until("document.readyState === 'complete' && !!document.querySelector('.md-search__button')")
        page.until(f"{_TYPING} || document.querySelector('.md-search__button').click()")
        browser.command("Input.insertText", page.session, text="quarantined")
        page.until("document.activeElement.shadowRoot.textContent.includes('What a sweep does')")
        asked = page.said("JSON.stringify(performance.getEntriesByType('resource').map(entry => entry.name))")
    assert all(name.startswith(base) for name in json.loads(asked)), asked
