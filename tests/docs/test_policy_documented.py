"""docs/policy-reference.md and docs/auditor.md: keys, controls, packs, kinds and statuses are the code's own."""

import json
from typing import get_args, get_type_hints

import pytest
from msgspec import Struct
from msgspec.structs import FieldInfo, fields

from markdown import code, codes, document, section, table
from setapart_auditor.appraisal.model import Status
from setapart_auditor.config import config_root
from setapart_auditor.policy import model
from setapart_auditor.policy.catalog import load_catalog
from setapart_auditor.policy.controls import CONTROLS
from setapart_auditor.policy.load import load_policy, pack_ids
from setapart_auditor.policy.overlay import ADDED, LOOSENABLE
from setapart_auditor.register import model as register
from setapart_evidence.identifiers import KINDS
from setapart_evidence.open import GRADES

REFERENCE = document("docs/policy-reference.md")
AUDITOR = document("docs/auditor.md")
TOP = "Top level"
TABLES: dict[str, type[Struct]] = {
    "source": model.Source,
    "effective": model.Effective,
    "covers": model.Covers,
    "restricted": model.Restricted,
    "internal": model.Internal,
    "personal": model.Personal,
    "exception": model.ExceptionRule,
    "freshness": model.Freshness,
    "coverage": model.CoverageRule,
    "controls": model.ControlRule,
    "overlay": model.OverlayRule,
}
REGISTER: dict[str, type[Struct]] = {
    "device": register.DeviceEntry,
    "station": register.StationEntry,
    "exception": register.ExceptionEntry,
    "officer": register.OfficerEntry,
    "epoch": register.EpochEntry,
    "attestation": register.AttestationEntry,
    "authority": register.AuthorityEntry,
}
CATALOG: dict[str, dict[str, type[Struct]]] = {
    "apps/&lt;vendor&gt;.toml": {"": model.CatalogVendor, "app.": model.CatalogApp},
    "clients.toml": {"": model.CatalogClients, "client.": model.CatalogClient},
    "accounts/&lt;platform&gt;.toml": {"": model.AccountTypes, "type.": model.AccountType},
}


def default_of(field: FieldInfo) -> str:
    """A default as the documents write it: like TOML, in code style."""
    if field.required:
        return "required"
    value = field.default
    if value is None:
        return "none"
    if isinstance(value, tuple):
        value = list(value)
    return f"`{json.dumps(value)}`"


def documented(heading: str, column: str = "default", text: str = REFERENCE) -> dict[str, str]:
    found = table(text, heading)
    return dict(zip(map(code, found.column("key")), found.column(column), strict=True))


def test_every_table_of_a_pack_is_documented() -> None:
    own = {field.encode_name for field in fields(model.Pack)}
    assert own == TABLES.keys() | documented(TOP).keys()


def test_the_keys_of_the_top_level_are_documented() -> None:
    fields_of = {field.encode_name: field for field in fields(model.Pack) if field.encode_name not in TABLES}
    assert documented(TOP) == {name: default_of(field) for name, field in fields_of.items()}


@pytest.mark.parametrize("name", TABLES)
def test_every_key_of_a_pack_is_documented_with_its_default(name: str) -> None:
    assert documented(name) == {field.encode_name: default_of(field) for field in fields(TABLES[name])}


@pytest.mark.parametrize("name", TABLES)
def test_what_an_overlay_may_do_with_a_key_is_said(name: str) -> None:
    for key, said in documented(name, "an overlay may").items():
        assert (said == "add") == (f"{name}.{key}" in ADDED), key
    for key, said in documented(name, "can be let loose").items():
        written = f"controls.exception-expires-soon.{key}" if name == "controls" else f"{name}.{key}"
        assert (said == "yes") == (written in LOOSENABLE), key


@pytest.mark.parametrize("kind", [model.Binding, model.Trigger, model.Severity])
def test_every_choice_of_a_key_is_documented(kind: object) -> None:
    assert set(get_args(kind)) <= set(codes(REFERENCE))


def test_every_role_and_choice_within_a_table_is_documented() -> None:
    known = set(codes(REFERENCE))
    assert set(model.ROLES) <= known
    for struct, key in ((model.Personal, "rule"), (model.Freshness, "require"), (model.CoverageRule, "min_maturity")):
        assert set(get_args(get_type_hints(struct)[key])) <= known
    assert set(GRADES) <= known


def test_every_control_is_documented_as_it_is() -> None:
    found = table(REFERENCE, "Controls")
    assert [row[:5] for row in found.rows] == [
        (
            f"`{one.id}`",
            one.severity,
            "core" if one.core else "-",
            one.highest,
            "-" if one.days is None else str(one.days),
        )
        for one in CONTROLS
    ]


def test_every_shipped_pack_is_documented_as_it_is() -> None:
    shipped = []
    catalog = load_catalog(config_root())
    for name in pack_ids():
        pack = load_policy(name, catalog=catalog).pack
        sunset = pack.effective.sunset
        force = f"{pack.effective.from_} to {sunset}" if sunset else f"since {pack.effective.from_}"
        read = "yes" if pack.source.verified else "no"
        source = pack.source
        shipped.append((f"`{name}`", source.instrument, source.issuer, f"{source.date}", source.binding, force, read))
    assert list(table(REFERENCE, "Shipped packs").rows) == shipped


def test_every_kind_of_identifier_is_documented() -> None:
    assert {code(cell) for cell in table(REFERENCE, "Identifiers").column("kind")} == KINDS
    for field in fields(model.Identifier):
        assert f"{field.encode_name} = " in section(REFERENCE, "Identifiers")


@pytest.mark.parametrize("heading", CATALOG)
def test_every_key_of_the_catalog_is_documented(heading: str) -> None:
    assert documented(heading) == {
        f"{prefix}{field.encode_name}": default_of(field)
        for prefix, struct in CATALOG[heading].items()
        for field in fields(struct)
    }


@pytest.mark.parametrize("heading", REGISTER)
def test_every_key_of_the_register_is_documented_with_its_default(heading: str) -> None:
    said = documented(heading, "", AUDITOR)
    assert said.keys() == {field.encode_name for field in fields(REGISTER[heading])}
    for field in fields(REGISTER[heading]):
        if said[field.encode_name] not in ("one of these three", "with `serial`"):
            plain = default_of(field).replace("`false`", "false")
            assert said[field.encode_name] == (plain if field.required else f"default {plain}"), field.name


def test_every_table_of_the_register_is_documented() -> None:
    assert {field.encode_name for field in fields(register.RegisterFile)} == set(REGISTER)


def test_every_status_is_documented_from_the_best_to_the_worst() -> None:
    found = table(AUDITOR, "What a status means")
    assert [code(cell) for cell in found.column("status")] == [status.word for status in Status]


def test_every_grade_is_documented_from_the_strongest_to_the_weakest() -> None:
    said = codes(section(AUDITOR, "What a status means"))
    assert [word for word in said if word in GRADES] == list(GRADES)
