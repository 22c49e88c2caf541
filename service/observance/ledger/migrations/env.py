"""Alembic's entry point: it runs the migrations over the connection that `observance.ledger.database` gives it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
