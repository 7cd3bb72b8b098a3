"""The schema of a store, made and upgraded."""

from sqlalchemy import Engine, insert

from .schema import log_state, metadata
from .watch import WATCH_POSTGRESQL


def upgrade(engine: Engine) -> None:
    """Makes the schema."""
    metadata.create_all(engine)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            for statement in WATCH_POSTGRESQL:
                connection.exec_driver_sql(statement)
        connection.execute(insert(log_state).values(id=1, size=0, frontier=b"", register_version=0))
