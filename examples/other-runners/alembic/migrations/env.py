"""Connects as libpq's variables say (PGHOST, PGUSER, PGPASSWORD, PGSSLMODE, PGSSLROOTCERT)."""

from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine("postgresql+psycopg://", poolclass=pool.NullPool)
with engine.connect() as connection:
    # One transaction for each: a failure leaves the ones before it.
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
