"""packaging/release/releasing/builds.py: two builds in two places, of which no byte may differ."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from releasing import builds
from releasing.errors import ReleaseError
from releasing.source import source_of

GOOD = "packages:\n\tmkdir dist\n\tprintf '%s' \"$$SOURCE_DATE_EPOCH\" > dist/a-1.2.3\n\ttouch dist/SHA256SUMS\n"
TELLS_OF = {
    "its folder": "\tpwd > dist/b-1.2.3\n",
    "its clock's zone": "\tdate +%Z > dist/b-1.2.3\n",
    "its umask": "\tumask > dist/b-1.2.3\n",
}


def both(clone: Any, makefile: str, scratch: Path) -> tuple[Path, ...]:
    clone.write("Makefile", makefile)
    clone.commit()
    clone.git("tag", "-f", "v1.2.3")
    source = source_of(clone.folder)
    folders = [
        builds.build(source, place, scratch / str(number), scratch / "wheels")
        for number, place in enumerate(builds.PLACES)
    ]
    return builds.same(folders[0], folders[1])


def test_files_that_are_the_same_are_the_release(clone: Any, tmp_path: Path) -> None:
    (file,) = both(clone, GOOD, tmp_path)
    assert file.name == "a-1.2.3"
    assert int(file.read_text()) == int(clone.git("log", "-1", "--format=%ct"))


@pytest.mark.parametrize("what", TELLS_OF)
def test_a_build_that_tells_of_the_machine_is_refused(what: str, clone: Any, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"two builds of one commit differ: b-1\.2\.3; expected the same bytes"):
        both(clone, GOOD + TELLS_OF[what], tmp_path)


def test_a_file_of_one_build_alone_is_refused(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_bytes(b"a")
    (tmp_path / "other" / "b").write_bytes(b"b")
    with pytest.raises(ReleaseError, match="differ: b;"):
        builds.same(tmp_path / "one", tmp_path / "other")


def test_no_build_sees_the_key(clone: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETAPART_RELEASE_KEY", "secret")
    (file, *_) = both(clone, GOOD + "\tenv > dist/a-1.2.3; sed -i '/PWD/d;/TZ/d' dist/a-1.2.3\n", tmp_path)
    assert "secret" not in file.read_text()
    assert "SOURCE_DATE_EPOCH" in file.read_text()


def test_a_build_that_fails_says_why(clone: Any, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"ended with 2: (.|\n)*no such library"):
        both(clone, "packages:\n\t@echo no such library >&2; false\n", tmp_path)


def test_the_places_differ_in_all_that_a_file_could_tell() -> None:
    one, other = builds.PLACES
    assert one.folder != other.folder
    assert one.umask != other.umask
    shown = subprocess.run(["date", "+%Z"], env={"TZ": other.zone}, check=True, capture_output=True, text=True).stdout
    assert shown.strip() == "JST"
