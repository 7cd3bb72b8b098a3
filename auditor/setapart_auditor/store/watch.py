"""Which rows a transaction wrote: told by triggers, so that no writer can forget to say.

The triggers note table and key in a temporary table of the connection. SQLite's are temporary themselves. PostgreSQL's
belong to the schema (`WATCH_POSTGRESQL`, made by the first migration) and do nothing on a connection that has no such
table: what is written by hand is not noted, and that is what `log verify` then finds.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table, text

from . import schema

WATCHED: tuple[Table, ...] = (
    schema.device,
    schema.device_change,
    schema.device_key,
    schema.station,
    schema.attestation,
    schema.settlement,
    schema.token,
    schema.enrolment,
    schema.epoch,
    schema.evidence,
    schema.sweep,
    schema.verdict,
    schema.status,
    schema.officer,
    schema.exception,
)
"""Tables whose rows are the record; each has a key of one column."""


def key_of(table: Table) -> str:
    """The name of a watched table's key."""
    (column,) = table.primary_key.columns
    return column.name


WATCH_POSTGRESQL: tuple[str, ...] = (
    *(
        f"""\
CREATE OR REPLACE FUNCTION setapart_note_{key}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass('pg_temp.touched') IS NOT NULL THEN
    INSERT INTO pg_temp.touched SELECT TG_TABLE_NAME, "{key}"::text FROM written;
  END IF;
  RETURN NULL;
END $$"""  # noqa: S608 - our own names
        for key in sorted({key_of(table) for table in WATCHED})
    ),
    *(
        f'CREATE OR REPLACE TRIGGER "{table.name}_note_{event.lower()}" AFTER {event} ON "{table.name}" '
        f"REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION setapart_note_{key_of(table)}()"
        for table in WATCHED
        for event in ("INSERT", "UPDATE")
    ),
)
"""What the schema on PostgreSQL needs, a statement each; a trigger is called once for all rows of a statement."""


TOUCHED = "CREATE TEMPORARY TABLE IF NOT EXISTS touched (tbl text, key text)"


def watch(connection: Connection) -> None:
    """Begins to note what an SQLite connection writes; before its transaction begins, or a rollback would undo it."""
    if connection.info.get("watched"):
        return
    connection.exec_driver_sql(TOUCHED)
    for table in WATCHED:
        for event in ("INSERT", "UPDATE"):
            note = f"INSERT INTO touched VALUES ('{table.name}', NEW.\"{key_of(table)}\")"  # noqa: S608 - our own names
            name = f"note_{table.name}_{event}"
            connection.exec_driver_sql(
                f'CREATE TEMPORARY TRIGGER {name} AFTER {event} ON main."{table.name}" BEGIN {note}; END'
            )
    connection.info["watched"] = True


def touched(connection: Connection) -> Mapping[str, Sequence[str]]:
    """The rows that were written since `watch` or the last call: keys, as text, by the table's name, in order."""
    found: dict[str, dict[str, None]] = {}
    for name, key in connection.execute(text("SELECT tbl, key FROM touched")):
        found.setdefault(name, {})[str(key)] = None
    if found:
        connection.execute(text("DELETE FROM touched"))
    return {name: tuple(keys) for name, keys in found.items()}
