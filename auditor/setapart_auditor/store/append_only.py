"""Triggers that keep the record append-only against everything that goes through the database.

Who owns the database can drop them; `log verify` finds what was changed then. They stop mistakes, and statements by
somebody who may only write.
"""

from collections.abc import Iterator

from sqlalchemy import Table

from . import schema

NEVER = (
    schema.log_node,
    schema.log_checkpoint,
    schema.evidence,
    schema.verdict,
    schema.status,
    schema.device_change,
    schema.epoch,
)
"""Tables whose rows never change."""
ERASED: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (schema.log_leaf, ("salt", "record")),
    (schema.inventory, ("body",)),
)
"""Tables of which these columns may become NULL, once, with `erased_at`."""
ONCE: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (schema.settlement, ("second_by", "second_folded", "second_at")),
    (
        schema.exception,
        ("decided_by", "decided_folded", "decided_at", "approver_role", "revoked_by", "revoked_at", "revoked_on"),
    ),
    (schema.officer, ("disabled_at",)),
)
"""Tables of which these columns are written once and never again, and whose rows are never deleted."""
FIXED: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (
        schema.exception,
        ("id", "device_no", "app", "holder", "holder_folded", "need", "ground", "valid_from", "until", "requested_by",
         "requested_folded", "requested_at"),
    ),
    (schema.settlement, ("device_no", "digest", "first_by", "first_folded", "first_at")),
    (schema.officer, ("name", "folded", "keyid", "spki", "added_at", "added_by")),
    (schema.device_key, ("device_no", "keyid", "spki", "hardware", "origin", "valid_from")),
)  # fmt: skip
"""Tables of which these columns never change."""


def statements(dialect: str) -> Iterator[str]:
    """The statements that make the triggers, for `sqlite` or `postgresql`."""
    if dialect == "postgresql":
        yield (
            "CREATE OR REPLACE FUNCTION setapart_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION USING MESSAGE = 'the record of ' || TG_TABLE_NAME || ' is append-only'; END $$"
        )
    kept = dict.fromkeys([*NEVER, *(table for table, _ in (*ERASED, *ONCE, *FIXED))])
    for table in kept:
        yield _trigger(dialect, table, "DELETE", None)
        if dialect == "postgresql":
            yield (
                f'CREATE TRIGGER "{table.name}_truncate_kept" BEFORE TRUNCATE ON "{table.name}" FOR EACH STATEMENT '
                "EXECUTE FUNCTION setapart_refuse()"
            )
    for table in NEVER:
        yield _trigger(dialect, table, "UPDATE", None)
    for table, columns in ERASED:
        others = [name for name in table.columns.keys() if name not in {*columns, "erased_at", "erased_by"}]  # noqa: SIM118
        broken = [_changed(dialect, name) for name in others]
        broken += [f'NEW."{name}" IS NOT NULL' for name in columns]
        broken += ["OLD.erased_at IS NOT NULL", "NEW.erased_at IS NULL"]
        yield _trigger(dialect, table, "UPDATE", " OR ".join(broken))
    for table, columns in ONCE:
        broken = [f'(OLD."{name}" IS NOT NULL AND {_changed(dialect, name)})' for name in columns]
        yield _trigger(dialect, table, "UPDATE", " OR ".join(broken), "once")
    for table, columns in FIXED:
        yield _trigger(dialect, table, "UPDATE", " OR ".join(_changed(dialect, name) for name in columns), "fixed")


def _changed(dialect: str, name: str) -> str:
    return f'NEW."{name}" IS {"DISTINCT FROM" if dialect == "postgresql" else "NOT"} OLD."{name}"'


def _trigger(dialect: str, table: Table, event: str, when: str | None, kind: str = "kept") -> str:
    name = f"{table.name}_{event.lower()}_{kind}"
    condition = f"WHEN ({when}) " if when is not None else ""
    if dialect == "postgresql":
        return (
            f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table.name}" FOR EACH ROW {condition}'
            "EXECUTE FUNCTION setapart_refuse()"
        )
    return (
        f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table.name}" FOR EACH ROW {condition}'
        f"BEGIN SELECT RAISE(ABORT, 'the record of {table.name} is append-only'); END"
    )
