"""The first schema."""

import sqlalchemy as sa
from alembic import op

from setapart_auditor.store import append_only, types
from setapart_auditor.store.watch import WATCH_POSTGRESQL

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the tables, the one row that writers wait for, and the triggers."""
    _tables()
    connection = op.get_bind()
    names = ("id", "size", "frontier", "register_version")
    state = sa.table("log_state", *(sa.column(name) for name in names))
    connection.execute(sa.insert(state).values(id=1, size=0, frontier=b"", register_version=0))
    if connection.dialect.name == "postgresql":
        for statement in WATCH_POSTGRESQL:
            connection.exec_driver_sql(statement)
        for table, column in (("inventory", "body"), ("evidence", "envelope"), ("evidence", "receipt")):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")  # compressed, or signed
    for statement in append_only.statements(_dialect()):
        op.execute(statement)


_EMPTY = {"sqlite": "x''", "postgresql": "'\\x'::bytea"}


def _dialect() -> str:
    return op.get_bind().dialect.name


def _tables() -> None:
    op.create_table(
        "device",
        sa.Column("no", types.Number, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=True),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("ownership", sa.Text(), server_default="organisation", nullable=False),
        sa.Column("holder", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("state_since", types.Moment(), nullable=True),
        sa.Column("legal_hold", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.CheckConstraint("class IN ('ordinary', 'personal', 'social-dedicated')", name=op.f("ck_device_class")),
        sa.CheckConstraint("ownership IN ('organisation', 'private')", name=op.f("ck_device_ownership")),
        sa.CheckConstraint("state IN ('active', 'retired', 'replaced', 'revoked')", name=op.f("ck_device_state")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_device")),
        sa.UniqueConstraint("folded", name=op.f("uq_device_folded")),
        sa.UniqueConstraint("id", name=op.f("uq_device_id")),
    )
    op.create_index(op.f("ix_device_unit"), "device", ["unit"], unique=False)
    op.create_table(
        "epoch",
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("issued_at", types.Moment(), nullable=False),
        sa.Column("use_until", types.Moment(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("value", name=op.f("pk_epoch")),
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_checkpoint")),
    )
    op.create_table(
        "log_leaf",
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("record", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", types.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_log_leaf")),
    )
    op.create_table(
        "log_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "no", name=op.f("pk_log_node")),
    )
    op.create_table(
        "log_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("register_version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_log_state_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_state")),
    )
    op.create_table(
        "officer",
        sa.Column("no", types.Number, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("keyid", sa.Text(), nullable=False),
        sa.Column("spki", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("token_expires_at", types.Moment(), nullable=True),
        sa.Column("implicit", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("added_at", types.Moment(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("disabled_at", types.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_officer")),
        sa.UniqueConstraint("folded", name=op.f("uq_officer_folded")),
        sa.UniqueConstraint("keyid", name=op.f("uq_officer_keyid")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_officer_token_hash")),
    )
    op.create_table(
        "rejection",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("claimed", sa.Text(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("last_at", types.Moment(), nullable=False),
        sa.Column("last_message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", "reason", "claimed", name=op.f("pk_rejection")),
    )
    op.create_table(
        "station",
        sa.Column("no", types.Number, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("keyid", sa.Text(), nullable=False),
        sa.Column("spki", sa.LargeBinary(), nullable=False),
        sa.Column("valid_from", types.Moment(), nullable=False),
        sa.Column("valid_until", types.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_station")),
        sa.UniqueConstraint("folded", name=op.f("uq_station_folded")),
        sa.UniqueConstraint("keyid", name=op.f("uq_station_keyid")),
    )
    op.create_table(
        "sweep",
        sa.Column("no", types.Number, nullable=False),
        sa.Column("started_at", types.Moment(), nullable=False),
        sa.Column("finished_at", types.Moment(), nullable=True),
        sa.Column("at", types.Moment(), nullable=False),
        sa.Column("pack", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("devices", sa.Integer(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("summary", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_sweep")),
    )
    op.create_table(
        "attestation",
        sa.Column("no", types.Number, nullable=False),
        sa.Column("device_no", types.Number, nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["device_no"], ["device.no"], name=op.f("fk_attestation_device_no")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_attestation")),
    )
    op.create_index(op.f("ix_attestation_device_no"), "attestation", ["device_no"], unique=False)
    op.create_table(
        "chain",
        sa.Column("no", types.Number, nullable=False),
        sa.Column("device_no", types.Number, nullable=False),
        sa.Column("keyid", sa.Text(), nullable=False),
        sa.Column("head_sequence", sa.BigInteger(), nullable=False),
        sa.Column("head_digest", sa.LargeBinary(), nullable=False),
        sa.Column("irregular", sa.Boolean(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["device_no"], ["device.no"], name=op.f("fk_chain_device_no")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_chain")),
        sa.UniqueConstraint("device_no", "keyid", name=op.f("uq_chain_device_no_keyid")),
    )
    op.create_table(
        "device_change",
        sa.Column("no", types.Number, nullable=False),
        sa.Column("device_no", types.Number, nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["device_no"], ["device.no"], name=op.f("fk_device_change_device_no")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_device_change")),
    )
    op.create_index(op.f("ix_device_change_device_no"), "device_change", ["device_no"], unique=False)
    op.create_table(
        "device_key",
        sa.Column("no", types.Number, nullable=False),
        sa.Column("device_no", types.Number, nullable=False),
        sa.Column("keyid", sa.Text(), nullable=False),
        sa.Column("spki", sa.LargeBinary(), nullable=False),
        sa.Column("hardware", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("valid_from", types.Moment(), nullable=False),
        sa.Column("valid_until", types.Moment(), nullable=True),
        sa.CheckConstraint("origin IN ('enrolled', 'rotated', 'registered')", name=op.f("ck_device_key_origin")),
        sa.ForeignKeyConstraint(["device_no"], ["device.no"], name=op.f("fk_device_key_device_no")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_device_key")),
        sa.UniqueConstraint("keyid", name=op.f("uq_device_key_keyid")),
    )
    op.create_index(op.f("ix_device_key_device_no"), "device_key", ["device_no"], unique=False)
    op.create_table(
        "exception",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("device_no", types.Number, nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("holder_folded", sa.Text(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), server_default="", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_folded", sa.Text(), nullable=False),
        sa.Column("requested_at", types.Moment(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_folded", sa.Text(), nullable=True),
        sa.Column("decided_at", types.Moment(), nullable=True),
        sa.Column("approver_role", sa.Text(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_at", types.Moment(), nullable=True),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("requested_folded <> '' AND holder_folded <> ''", name=op.f("ck_exception_named")),
        sa.CheckConstraint("requested_folded <> holder_folded", name=op.f("ck_exception_not_for_oneself")),
        sa.CheckConstraint(
            "state IN ('requested', 'approved', 'rejected', 'revoked')", name=op.f("ck_exception_state")
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'revoked') OR (decided_folded IS NOT NULL AND decided_folded <> requested_folded AND decided_folded <> holder_folded)",
            name=op.f("ck_exception_two_people"),
        ),
        sa.CheckConstraint("until > valid_from", name=op.f("ck_exception_days")),
        sa.ForeignKeyConstraint(["device_no"], ["device.no"], name=op.f("fk_exception_device_no")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exception")),
    )
    op.create_index(op.f("ix_exception_device_no"), "exception", ["device_no"], unique=False)
    op.create_table(
        "settlement",
        sa.Column("no", types.Number, nullable=False),
        sa.Column("device_no", types.Number, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("first_by", sa.Text(), nullable=False),
        sa.Column("first_folded", sa.Text(), nullable=False),
        sa.Column("first_at", types.Moment(), nullable=False),
        sa.Column("second_by", sa.Text(), nullable=True),
        sa.Column("second_folded", sa.Text(), nullable=True),
        sa.Column("second_at", types.Moment(), nullable=True),
        sa.CheckConstraint(
            "second_folded IS NULL OR second_folded <> first_folded", name=op.f("ck_settlement_two_people")
        ),
        sa.ForeignKeyConstraint(["device_no"], ["device.no"], name=op.f("fk_settlement_device_no")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_settlement")),
        sa.UniqueConstraint("device_no", "digest", name=op.f("uq_settlement_device_no_digest")),
    )
    op.create_index(op.f("ix_settlement_device_no"), "settlement", ["device_no"], unique=False)
    op.create_table(
        "token",
        sa.Column("no", types.Number, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("device_no", types.Number, nullable=True),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("class", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("confirm", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("hardware", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("replaces", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", types.Moment(), nullable=False),
        sa.Column("revoked_at", types.Moment(), nullable=True),
        sa.CheckConstraint("used <= quota", name=op.f("ck_token_quota")),
        sa.ForeignKeyConstraint(["device_no"], ["device.no"], name=op.f("fk_token_device_no")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_token_hash")),
    )
    op.create_table(
        "verdict",
        sa.Column("no", types.Number, nullable=False),
        sa.Column("device_no", types.Number, nullable=False),
        sa.Column("sweep_no", types.Number, nullable=True),
        sa.Column("judged_at", types.Moment(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("pack", sa.Text(), nullable=False),
        sa.Column("evidence_digest", sa.LargeBinary(), nullable=True),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["device_no"], ["device.no"], name=op.f("fk_verdict_device_no")),
        sa.ForeignKeyConstraint(["sweep_no"], ["sweep.no"], name=op.f("fk_verdict_sweep_no")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_verdict")),
        sa.UniqueConstraint("sweep_no", "device_no", name=op.f("uq_verdict_sweep_no_device_no")),
    )
    op.create_index(op.f("ix_verdict_device_no_judged_at"), "verdict", ["device_no", "judged_at"], unique=False)
    op.create_index(op.f("ix_verdict_evidence_digest"), "verdict", ["evidence_digest"], unique=False)
    op.create_table(
        "enrolment",
        sa.Column("no", types.Number, nullable=False),
        sa.Column("token_no", types.Number, nullable=False),
        sa.Column("device_no", types.Number, nullable=True),
        sa.Column("keyid", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("at", types.Moment(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", types.Moment(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'accepted', 'refused')", name=op.f("ck_enrolment_state")),
        sa.ForeignKeyConstraint(["device_no"], ["device.no"], name=op.f("fk_enrolment_device_no")),
        sa.ForeignKeyConstraint(["token_no"], ["token.no"], name=op.f("fk_enrolment_token_no")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("keyid", name=op.f("uq_enrolment_keyid")),
    )
    op.create_table(
        "evidence",
        sa.Column("no", types.Number, nullable=False),
        sa.Column("device_no", types.Number, nullable=False),
        sa.Column("chain_no", types.Number, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("branch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=True),
        sa.Column("inventory_digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", types.Moment(), nullable=False),
        sa.Column("collected_at", types.Moment(), nullable=False),
        sa.Column("nonce_issued_at", types.Moment(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'late', 'forked', 'quarantined')", name=op.f("ck_evidence_outcome")
        ),
        sa.ForeignKeyConstraint(["chain_no"], ["chain.no"], name=op.f("fk_evidence_chain_no")),
        sa.ForeignKeyConstraint(["device_no"], ["device.no"], name=op.f("fk_evidence_device_no")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_evidence")),
        sa.UniqueConstraint("chain_no", "sequence", "branch", name=op.f("uq_evidence_chain_no_sequence_branch")),
        sa.UniqueConstraint("digest", name=op.f("uq_evidence_digest")),
    )
    op.create_index(op.f("ix_evidence_device_no_received_at"), "evidence", ["device_no", "received_at"], unique=False)
    op.create_table(
        "status",
        sa.Column("no", types.Number, nullable=False),
        sa.Column("device_no", types.Number, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("since", types.Moment(), nullable=False),
        sa.Column("verdict_no", types.Number, nullable=False),
        sa.ForeignKeyConstraint(["device_no"], ["device.no"], name=op.f("fk_status_device_no")),
        sa.ForeignKeyConstraint(["verdict_no"], ["verdict.no"], name=op.f("fk_status_verdict_no")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_status")),
    )
    op.create_index(op.f("ix_status_device_no_no"), "status", ["device_no", "no"], unique=False)
    op.create_table(
        "current",
        sa.Column("device_no", types.Number, autoincrement=False, nullable=False),
        sa.Column("chain_no", types.Number, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("evidence_no", types.Number, nullable=False),
        sa.ForeignKeyConstraint(["chain_no"], ["chain.no"], name=op.f("fk_current_chain_no")),
        sa.ForeignKeyConstraint(["device_no"], ["device.no"], name=op.f("fk_current_device_no")),
        sa.ForeignKeyConstraint(["evidence_no"], ["evidence.no"], name=op.f("fk_current_evidence_no")),
        sa.PrimaryKeyConstraint("device_no", "chain_no", "source", name=op.f("pk_current")),
    )
    op.create_table(
        "inventory",
        sa.Column("evidence_no", types.Number, autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("erased_at", types.Moment(), nullable=True),
        sa.Column("erased_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["evidence_no"], ["evidence.no"], name=op.f("fk_inventory_evidence_no")),
        sa.PrimaryKeyConstraint("evidence_no", name=op.f("pk_inventory")),
    )
