"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
big, small, moment = sa.BigInteger(), sa.Integer(), sa.BigInteger()
text, raw, day, flag = sa.Text(), sa.LargeBinary(), sa.Date(), sa.Boolean()


def upgrade() -> None:
    """Makes the tables, and the one row that writers wait for."""
    _devices()
    _attestations()
    _enrolment()
    _evidence()
    _verdicts()
    _people()
    _log()
    connection = op.get_bind()
    names = ("id", "size", "frontier", "register_version")
    state = sa.table("log_state", *(sa.column(name) for name in names))
    connection.execute(sa.insert(state).values(id=1, size=0, frontier=b"", register_version=0))
    if connection.dialect.name == "postgresql":
        for table, column in (("inventory", "body"), ("evidence", "envelope"), ("evidence", "receipt")):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")  # compressed, or signed


def _devices() -> None:
    op.create_table(
        "device",
        sa.Column("no", number, primary_key=True),
        sa.Column("name", text, nullable=False),
        sa.Column("folded", text, nullable=False),
        sa.Column("id", text),
        sa.Column("serial", text),
        sa.Column("serial_folded", text),
        sa.Column("platform", text),
        sa.Column("class", text, nullable=False),
        sa.Column("ownership", text, nullable=False, server_default="organisation"),
        sa.Column("holder", text, nullable=False, server_default=""),
        sa.Column("role", text, nullable=False, server_default=""),
        sa.Column("unit", text, nullable=False, server_default=""),
        sa.Column("since", day),
        sa.Column("state", text, nullable=False, server_default="active"),
        sa.Column("state_since", moment),
        sa.Column("legal_hold", flag, nullable=False, server_default="0"),
        sa.Column("created_at", moment, nullable=False),
        sa.CheckConstraint("class IN ('ordinary', 'personal', 'social-dedicated')", name="class"),
        sa.CheckConstraint("ownership IN ('organisation', 'private')", name="ownership"),
        sa.CheckConstraint("state IN ('active', 'retired', 'replaced', 'revoked')", name="state"),
        sa.UniqueConstraint("folded"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("ix_device_unit", "device", ["unit"])
    op.create_index("ix_device_serial_folded", "device", ["serial_folded"])
    op.create_table(
        "device_change",
        sa.Column("no", number, primary_key=True),
        sa.Column("device_no", number, sa.ForeignKey("device.no"), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("by", text, nullable=False),
        sa.Column("field", text, nullable=False),
        sa.Column("old", text),
        sa.Column("new", text),
        sa.Column("why", text, nullable=False, server_default=""),
    )
    op.create_index("ix_device_change_device_no", "device_change", ["device_no"])
    op.create_table(
        "device_key",
        sa.Column("no", number, primary_key=True),
        sa.Column("device_no", number, sa.ForeignKey("device.no"), nullable=False),
        sa.Column("keyid", text, nullable=False),
        sa.Column("spki", raw, nullable=False),
        sa.Column("hardware", flag, nullable=False, server_default="0"),
        sa.Column("origin", text, nullable=False),
        sa.Column("valid_from", moment, nullable=False),
        sa.Column("valid_until", moment),
        sa.CheckConstraint("origin IN ('enrolled', 'rotated', 'registered')", name="origin"),
        sa.UniqueConstraint("keyid"),
    )
    op.create_index("ix_device_key_device_no", "device_key", ["device_no"])
    op.create_table(
        "station",
        sa.Column("no", number, primary_key=True),
        sa.Column("name", text, nullable=False),
        sa.Column("folded", text, nullable=False),
        sa.Column("keyid", text, nullable=False),
        sa.Column("spki", raw, nullable=False),
        sa.Column("valid_from", moment, nullable=False),
        sa.Column("valid_until", moment),
        sa.UniqueConstraint("folded"),
        sa.UniqueConstraint("keyid"),
    )


def _attestations() -> None:
    op.create_table(
        "attestation",
        sa.Column("no", number, primary_key=True),
        sa.Column("device_no", number, sa.ForeignKey("device.no"), nullable=False),
        sa.Column("client", text, nullable=False),
        sa.Column("by", text, nullable=False),
        sa.Column("date", day, nullable=False),
        sa.Column("until", day, nullable=False),
    )
    op.create_index("ix_attestation_device_no", "attestation", ["device_no"])
    op.create_table(
        "settlement",
        sa.Column("no", number, primary_key=True),
        sa.Column("device_no", number, sa.ForeignKey("device.no"), nullable=False),
        sa.Column("digest", raw, nullable=False),
        sa.Column("why", text, nullable=False),
        sa.Column("first_by", text, nullable=False),
        sa.Column("first_folded", text, nullable=False),
        sa.Column("first_at", moment, nullable=False),
        sa.Column("second_by", text),
        sa.Column("second_folded", text),
        sa.Column("second_at", moment),
        sa.CheckConstraint("second_folded IS NULL OR second_folded <> first_folded", name="two_people"),
        sa.UniqueConstraint("device_no", "digest"),
    )
    op.create_index("ix_settlement_device_no", "settlement", ["device_no"])


def _enrolment() -> None:
    op.create_table(
        "token",
        sa.Column("no", number, primary_key=True),
        sa.Column("hash", raw, nullable=False),
        sa.Column("device_no", number, sa.ForeignKey("device.no")),
        sa.Column("serial", text),
        sa.Column("class", text),
        sa.Column("unit", text),
        sa.Column("quota", small, nullable=False),
        sa.Column("used", small, nullable=False, server_default="0"),
        sa.Column("confirm", flag, nullable=False, server_default="0"),
        sa.Column("hardware", flag, nullable=False, server_default="0"),
        sa.Column("replaces", flag, nullable=False, server_default="0"),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("created_by", text, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("revoked_at", moment),
        sa.CheckConstraint("used <= quota", name="quota"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "enrolment",
        sa.Column("no", number, primary_key=True),
        sa.Column("token_no", number, sa.ForeignKey("token.no"), nullable=False),
        sa.Column("device_no", number, sa.ForeignKey("device.no")),
        sa.Column("keyid", text, nullable=False),
        sa.Column("state", text, nullable=False),
        sa.Column("request", raw, nullable=False),
        sa.Column("answer", raw),
        sa.Column("at", moment, nullable=False),
        sa.Column("decided_by", text),
        sa.Column("decided_at", moment),
        sa.CheckConstraint("state IN ('waiting', 'accepted', 'refused')", name="state"),
        sa.UniqueConstraint("keyid"),
    )
    op.create_table(
        "epoch",
        sa.Column("value", text, primary_key=True),
        sa.Column("issued_at", moment, nullable=False),
        sa.Column("use_until", moment, nullable=False),
        sa.Column("raw", raw, nullable=False),
    )


def _evidence() -> None:
    op.create_table(
        "chain",
        sa.Column("no", number, primary_key=True),
        sa.Column("device_no", number, sa.ForeignKey("device.no"), nullable=False),
        sa.Column("keyid", text, nullable=False),
        sa.Column("head_sequence", big, nullable=False),
        sa.Column("head_digest", raw, nullable=False),
        sa.Column("irregular", flag, nullable=False, server_default="0"),
        sa.UniqueConstraint("device_no", "keyid"),
    )
    op.create_table(
        "evidence",
        sa.Column("no", number, primary_key=True),
        sa.Column("device_no", number, sa.ForeignKey("device.no"), nullable=False),
        sa.Column("chain_no", number, sa.ForeignKey("chain.no"), nullable=False),
        sa.Column("sequence", big, nullable=False),
        sa.Column("branch", small, nullable=False, server_default="0"),
        sa.Column("digest", raw, nullable=False),
        sa.Column("previous", raw),
        sa.Column("inventory_digest", raw, nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("collected_at", moment, nullable=False),
        sa.Column("nonce_issued_at", moment),
        sa.Column("grade", text, nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("outcome", text, nullable=False),
        sa.Column("envelope", raw, nullable=False),
        sa.Column("receipt", raw, nullable=False),
        sa.Column("log_index", big, nullable=False),
        sa.CheckConstraint("outcome IN ('accepted', 'late', 'forked', 'quarantined')", name="outcome"),
        sa.UniqueConstraint("chain_no", "sequence", "branch"),
        sa.UniqueConstraint("device_no", "sequence", "digest"),
    )
    op.create_index("ix_evidence_device_no_received_at", "evidence", ["device_no", "received_at"])
    op.create_table(
        "inventory",
        sa.Column("evidence_no", number, sa.ForeignKey("evidence.no"), autoincrement=False, primary_key=True),
        sa.Column("body", raw),
        sa.Column("size", small, nullable=False),
        sa.Column("erased_at", moment),
        sa.Column("erased_by", text),
    )
    held = sa.text("erased_at IS NULL")
    op.create_index("ix_inventory_held", "inventory", ["evidence_no"], sqlite_where=held, postgresql_where=held)
    op.create_table(
        "current",
        sa.Column("device_no", number, sa.ForeignKey("device.no"), autoincrement=False, primary_key=True),
        sa.Column("chain_no", number, sa.ForeignKey("chain.no"), autoincrement=False, primary_key=True),
        sa.Column("source", text, primary_key=True),
        sa.Column("evidence_no", number, sa.ForeignKey("evidence.no"), nullable=False),
    )
    op.create_table(
        "rejection",
        sa.Column("day", day, primary_key=True),
        sa.Column("reason", text, primary_key=True),
        sa.Column("claimed", text, primary_key=True),
        sa.Column("times", big, nullable=False),
        sa.Column("last_at", moment, nullable=False),
        sa.Column("last_message", text, nullable=False),
    )


def _verdicts() -> None:
    op.create_table(
        "sweep",
        sa.Column("no", number, primary_key=True),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("finished_at", moment),
        sa.Column("at", moment, nullable=False),
        sa.Column("pack", text),
        sa.Column("unit", text),
        sa.Column("engine", text, nullable=False),
        sa.Column("devices", small, nullable=False),
        sa.Column("inputs", text, nullable=False),
        sa.Column("summary", raw),
    )
    op.create_table(
        "verdict",
        sa.Column("no", number, primary_key=True),
        sa.Column("device_no", number, sa.ForeignKey("device.no"), nullable=False),
        sa.Column("sweep_no", number, sa.ForeignKey("sweep.no")),
        sa.Column("judged_at", moment, nullable=False),
        sa.Column("policy", text, nullable=False),
        sa.Column("pack", text, nullable=False),
        sa.Column("evidence_digest", raw),
        sa.Column("engine", text, nullable=False),
        sa.Column("status", text, nullable=False),
        sa.Column("body", raw, nullable=False),
        sa.UniqueConstraint("sweep_no", "device_no"),
    )
    op.create_index("ix_verdict_device_no_judged_at", "verdict", ["device_no", "judged_at"])
    op.create_index("ix_verdict_evidence_digest", "verdict", ["evidence_digest"])
    op.create_table(
        "status",
        sa.Column("no", number, primary_key=True),
        sa.Column("device_no", number, sa.ForeignKey("device.no"), nullable=False),
        sa.Column("status", text, nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("verdict_no", number, sa.ForeignKey("verdict.no"), nullable=False),
    )
    op.create_index("ix_status_device_no_no", "status", ["device_no", "no"])


def _people() -> None:
    op.create_table(
        "officer",
        sa.Column("no", number, primary_key=True),
        sa.Column("name", text, nullable=False),
        sa.Column("folded", text, nullable=False),
        sa.Column("roles", text, nullable=False),
        sa.Column("unit", text),
        sa.Column("keyid", text, nullable=False),
        sa.Column("spki", raw, nullable=False),
        sa.Column("token_hash", raw),
        sa.Column("token_expires_at", moment),
        sa.Column("implicit", flag, nullable=False, server_default="0"),
        sa.Column("added_at", moment, nullable=False),
        sa.Column("added_by", text, nullable=False),
        sa.Column("disabled_at", moment),
        sa.UniqueConstraint("folded"),
        sa.UniqueConstraint("keyid"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_table(
        "exception",
        sa.Column("id", text, primary_key=True),
        sa.Column("device_no", number, sa.ForeignKey("device.no"), nullable=False),
        sa.Column("app", text, nullable=False),
        sa.Column("holder", text, nullable=False),
        sa.Column("holder_folded", text, nullable=False),
        sa.Column("need", text, nullable=False),
        sa.Column("ground", text, nullable=False, server_default=""),
        sa.Column("valid_from", day, nullable=False),
        sa.Column("until", day, nullable=False),
        sa.Column("state", text, nullable=False),
        sa.Column("requested_by", text, nullable=False),
        sa.Column("requested_folded", text, nullable=False),
        sa.Column("requested_at", moment, nullable=False),
        sa.Column("decided_by", text),
        sa.Column("decided_folded", text),
        sa.Column("decided_at", moment),
        sa.Column("approver_role", text),
        sa.Column("revoked_by", text),
        sa.Column("revoked_at", moment),
        sa.Column("revoked_on", day),
        sa.Column("why", text, nullable=False, server_default=""),
        sa.Column("envelope", raw, nullable=False),
        sa.CheckConstraint("until > valid_from", name="days"),
        sa.CheckConstraint("requested_folded <> '' AND holder_folded <> ''", name="named"),
        sa.CheckConstraint("requested_folded <> holder_folded", name="not_for_oneself"),
        sa.CheckConstraint("state IN ('requested', 'approved', 'rejected', 'revoked')", name="state"),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'revoked') OR (decided_folded IS NOT NULL AND decided_folded <> requested_folded AND decided_folded <> holder_folded)",
            name="two_people",
        ),
    )
    op.create_index("ix_exception_device_no", "exception", ["device_no"])


def _log() -> None:
    op.create_table(
        "log_leaf",
        sa.Column("no", big, autoincrement=False, primary_key=True),
        sa.Column("hash", raw, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("commitment", raw, nullable=False),
        sa.Column("salt", raw),
        sa.Column("record", raw),
        sa.Column("erased_at", moment),
    )
    op.create_table(
        "log_node",
        sa.Column("level", small, autoincrement=False, primary_key=True),
        sa.Column("no", big, autoincrement=False, primary_key=True),
        sa.Column("hash", raw, nullable=False),
    )
    op.create_table(
        "log_state",
        sa.Column("id", small, autoincrement=False, primary_key=True),
        sa.Column("size", big, nullable=False),
        sa.Column("frontier", raw, nullable=False),
        sa.Column("register_version", big, nullable=False),
        sa.CheckConstraint("id = 1", name="one_row"),
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("size", big, autoincrement=False, primary_key=True),
        sa.Column("root", raw, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("note", text, nullable=False),
    )
