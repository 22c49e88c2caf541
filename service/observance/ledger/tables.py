"""The tables of a ledger; `migrations/` makes them."""

from typing import Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData()
VERSION: Final = "3"
"""The version of the tables: the last of the migrations, which also make those of accounts."""

ENTRIES: Final = sa.Table(
    "entries",
    METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("leaf", sa.LargeBinary, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("about", sa.BigInteger, sa.ForeignKey("entries.number"), index=True),
    sa.Column("content", sa.Text, nullable=False, index=True),
)
"""Every entry, as its leaf in the log, and what is looked for in it: for a decision, the entry that it is about. Rows are only added."""

CONTENTS: Final = sa.Table(
    "contents",
    METADATA,
    sa.Column("number", sa.BigInteger, sa.ForeignKey("entries.number"), primary_key=True, autoincrement=False),
    sa.Column("bytes", sa.LargeBinary, nullable=False),
)
"""The bytes of each entry. Rows are added and, where a decision says so, deleted."""

PARTICULARS: Final = sa.Table(
    "particulars",
    METADATA,
    sa.Column("number", sa.BigInteger, sa.ForeignKey("entries.number"), primary_key=True, autoincrement=False),
    sa.Column("bytes", sa.LargeBinary, nullable=False),
)
"""What is stated of each entry. Rows are added and, where a decision says so, deleted."""

NAMES: Final = sa.Table(
    "names",
    METADATA,
    sa.Column("name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), primary_key=True),
    sa.Column("number", sa.BigInteger, sa.ForeignKey("entries.number"), nullable=False),
)
"""The name of each entry that has one and is not erased."""

CHECKPOINTS: Final = sa.Table(
    "checkpoints",
    METADATA,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("note", sa.Text, nullable=False),
)
"""The signed checkpoint of each size at which entries were acknowledged. Rows are only added."""

LOG: Final = sa.Table(
    "log",
    METADATA,
    sa.Column("verifier", sa.Text, primary_key=True),
    sa.Column("is_copy", sa.Boolean, nullable=False),
)
"""One row: the public key of the log, with its origin, and whether this is a copy of a ledger, which lacks what is sealed."""
