"""Entries, their bytes and what is stated of them, their names, and the signed checkpoints of the log."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """Make the tables of version 1."""
    op.create_table(
        "entries",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("about", sa.BigInteger, sa.ForeignKey("entries.number")),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("ix_entries_about", "entries", ["about"])
    op.create_index("ix_entries_content", "entries", ["content"])
    for name in ("contents", "particulars"):
        op.create_table(
            name,
            sa.Column("number", sa.BigInteger, sa.ForeignKey("entries.number"), primary_key=True, autoincrement=False),
            sa.Column("bytes", sa.LargeBinary, nullable=False),
        )
    op.create_table(
        "names",
        sa.Column("name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), primary_key=True),
        sa.Column("number", sa.BigInteger, sa.ForeignKey("entries.number"), nullable=False),
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_table("log", sa.Column("verifier", sa.Text, primary_key=True), sa.Column("is_copy", sa.Boolean, nullable=False))


def downgrade() -> None:
    """Drop the tables of version 1."""
    for name in ("log", "checkpoints", "names", "particulars", "contents", "entries"):
        op.drop_table(name)
