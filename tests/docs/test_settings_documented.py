"""docs/service/start.md: every setting of auditor.toml, its default and its meaning are the code's own."""

import json
from collections.abc import Iterator

from msgspec.structs import FieldInfo, fields

from markdown import document, table
from setapart_auditor.settings import MEANINGS, Settings, UnitPolicy

SETTINGS = table(document("docs/service/start.md").partition("### Secrets")[0], "Settings")


def known() -> Iterator[tuple[str, FieldInfo]]:
    """Every key of every table, as it is named in the documents."""
    for one in fields(Settings):
        for key in fields(type(one.default)):
            if (one.name, key.name) == ("policy", "unit"):
                yield from ((f"[[policy.unit]] {inner.name}", inner) for inner in fields(UnitPolicy))
            else:
                yield f"[{one.name}] {key.name}", key


def default_of(key: FieldInfo) -> str:
    if key.required:
        return "required"
    value = key.default
    return "none" if value is None else f"`{json.dumps(list(value) if isinstance(value, tuple) else value)}`"


def test_every_setting_is_documented_with_its_default_and_no_other() -> None:
    assert [row[:2] for row in SETTINGS.rows] == [(f"`{name}`", default_of(key)) for name, key in known()]


def test_the_documents_and_the_program_say_the_same_of_a_setting() -> None:
    assert [row[2] for row in SETTINGS.rows] == [MEANINGS[name] for name, _ in known()]
    assert len(MEANINGS) == len(SETTINGS.rows)
