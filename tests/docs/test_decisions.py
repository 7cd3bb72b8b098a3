"""The index of decisions."""

from repository import REPOSITORY

DECISIONS = REPOSITORY / "docs" / "adr"


def test_every_decision_stands_in_the_index_by_its_number_and_title() -> None:
    wanted = []
    for path in sorted(DECISIONS.glob("0*.md")):
        number, _, title = path.read_text("utf-8").splitlines()[0].removeprefix("# ").partition(". ")
        assert int(path.name[:4]) == int(number)
        wanted.append(f"{number}. [{title}]({path.name})")
    lines = (DECISIONS / "README.md").read_text("utf-8").splitlines()
    assert [one for one in lines if one[:1].isdigit()] == wanted
