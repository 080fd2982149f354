"""Alembic's entry: migrates over the connection that `pipeline.store.migrate` hands in."""

from __future__ import annotations

from alembic import context

from pipeline.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can't alter a table in place: Alembic copies it.
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
