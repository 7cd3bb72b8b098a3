"""Makefile: every target is one that `make help` tells of, and none is taken for a file."""

import re
import subprocess

from repository import REPOSITORY

TEXT = (REPOSITORY / "Makefile").read_text("utf-8")
TARGETS = re.findall(r"^([a-z-]+):(?!=)", TEXT, re.MULTILINE)


def test_help_tells_of_every_target_in_words() -> None:
    ran = subprocess.run(["make", "-s", "help"], cwd=REPOSITORY, check=True, capture_output=True, text=True)
    told = dict(line.split(maxsplit=1) for line in ran.stdout.splitlines())
    assert list(told) == TARGETS


def test_a_file_named_as_a_target_keeps_nothing_from_being_made() -> None:
    phony = " ".join(re.findall(r"^\.PHONY: (.*)", TEXT, re.MULTILINE)).split()
    assert sorted(phony) == sorted(TARGETS)


def test_documents_name_no_target_that_is_not_there() -> None:
    pages = [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md"), *(REPOSITORY / "bench").glob("*.md")]
    named = {
        target
        for page in pages
        for target in re.findall(r"`(?:\w+=\S+ )?make ([a-z-]+)[^`]*`", page.read_text("utf-8"))
    }
    assert {"check", "packages", "release"} <= named
    assert named <= set(TARGETS)
