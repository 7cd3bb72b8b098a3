"""What Alembic runs: the migrations, on the connection and in the transaction that `migrate.upgrade` gives."""

from alembic import context

from setapart_auditor.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction holds all of it, or nothing
)
context.run_migrations()
