"""The inventory's names and values are the contract of docs/evidence.md."""

import re
import runpy
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

import msgspec
import pytest

from evidence_maker import INVENTORY, dumps
from setapart_evidence import model
from setapart_evidence.model import App, Coverage, Device, Inventory
from setapart_evidence.schema import EVIDENCE_SCHEMA, INVENTORY_SCHEMA, evidence_schema, inventory_schema

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "evidence.md"
STRUCTS = [value for value in vars(model).values() if isinstance(value, type) and issubclass(value, msgspec.Struct)]


@pytest.mark.parametrize(
    "kind", [kind for kind in STRUCTS if kind is not msgspec.Struct], ids=lambda kind: kind.__name__
)
def test_values_are_frozen_and_keyword_only(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.frozen
    with pytest.raises(TypeError):
        kind("positional")
    for name, hint in get_type_hints(kind).items():
        assert get_origin(hint) is not list, name
        assert get_origin(hint) is not dict, name


def test_a_value_cannot_be_changed_after_it_was_made() -> None:
    with pytest.raises(AttributeError):
        App(identifier="x", profile="0", source="dpkg").identifier = "y"  # type: ignore[misc]


def test_the_lists_of_an_inventory_are_required() -> None:
    for name in ("profiles", "apps", "accounts", "links", "coverage"):
        with pytest.raises(msgspec.ValidationError, match=name):
            msgspec.json.decode(dumps({key: value for key, value in INVENTORY.items() if key != name}), type=Inventory)


def test_an_app_that_says_little_is_installed_and_native() -> None:
    app = App(identifier="x", profile="0", source="dpkg")
    assert (app.kind, app.state, app.permissions, app.publisher) == ("native", "installed", (), None)


def test_what_could_not_be_seen_has_no_default() -> None:
    """A coverage row that forgot its status must not read as observed."""
    with pytest.raises(TypeError):
        Coverage(section="apps", profile="0", collector="x")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Device()  # type: ignore[call-arg]


def test_the_schemas_that_are_shipped_are_the_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else run `python -m setapart_evidence.schema`."""
    monkeypatch.setattr("sys.argv", ["schema", str(tmp_path)])
    runpy.run_module("setapart_evidence.schema", run_name="__main__")
    for name, made in ((EVIDENCE_SCHEMA, evidence_schema()), (INVENTORY_SCHEMA, inventory_schema())):
        shipped = Path(model.__file__).with_name("schema") / name
        assert shipped.read_bytes() == (tmp_path / name).read_bytes() == made


def test_schemas_require_what_the_model_requires_and_speak_ecma_patterns() -> None:
    found = msgspec.json.decode(inventory_schema())
    assert found["required"] == ["device", "profiles", "apps", "accounts", "links", "coverage"]
    assert found["properties"]["apps"] == {"type": "array", "items": {"$ref": "#/$defs/App"}}
    assert found["$defs"]["App"]["properties"]["state"]["enum"] == sorted(
        ["installed", "disabled", "archived", "removed-trace"]
    )
    for text in (inventory_schema().decode(), evidence_schema().decode()):
        assert not re.search(r"\\\\[AZ]", text)
        names = set(re.findall(r"#/\$defs/(\w+)", text))
        assert names == set(msgspec.json.decode(text)["$defs"])
    signed = msgspec.json.decode(evidence_schema())
    assert signed["properties"]["predicateType"] == {"const": "urn:setapart:evidence:v1"}


def test_every_literal_of_the_model_is_in_the_document() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for name in (
        "Platform", "FormFactor", "ProfileKind", "AppKind", "AppSource", "AppState", "Service", "LinkKind", "Section",
        "CoverageStatus", "AccountField",
    ):  # fmt: skip
        for value in get_args(getattr(model, name)):
            assert f"`{value}`" in text, f"{name}: {value}"


def test_counts_stop_where_doubles_do() -> None:
    assert get_origin(model.Count) is Annotated
    for value, holds in ((0, True), (2**53 - 1, True), (2**53, False), (-1, False), (1.0, False)):
        raw = dumps(INVENTORY | {"withheld": {"apps": value, "accounts": 0}})
        if holds:
            assert msgspec.json.decode(raw, type=Inventory).withheld.apps == value
        else:
            with pytest.raises(msgspec.ValidationError):
                msgspec.json.decode(raw, type=Inventory)
