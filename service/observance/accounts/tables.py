"""The tables of accounts, in the database of a ledger, whose migrations make them."""

from typing import Final

import sqlalchemy as sa

_METADATA: Final = sa.MetaData()

ACCOUNTS: Final = sa.Table(
    "accounts",
    _METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("stated", sa.LargeBinary, nullable=False),
    sa.Column("password", sa.Text),
)
"""Every account, in JSON, with the hash of its password if it has one."""

CREDENTIALS: Final = sa.Table(
    "credentials",
    _METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, sa.ForeignKey("accounts.name"), nullable=False),
    sa.Column("stated", sa.LargeBinary, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("expires", sa.BigInteger, nullable=False),
)
"""Every session and token, in JSON, with the digest of its secret and the second at which it ends."""

DRAFTS: Final = sa.Table(
    "drafts",
    _METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("party", sa.Text, nullable=False),
    sa.Column("stated", sa.LargeBinary, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
"""Every draft of a party, with what is stated of it in JSON."""
