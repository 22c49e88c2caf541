"""Drafts of entries for the tests of ledgers."""

from datetime import UTC, datetime, timedelta

from observance.ledger import DOCUMENT, Draft, Particulars

NOW = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)


def draft(name: str, content: bytes | None = None) -> Draft:
    """The draft of a document with this name, by default with its name as its content."""
    return Draft(DOCUMENT, name.encode() if content is None else content, Particulars(name=name, sender="https://example.org/xa-customs"))


def later(minutes: int) -> datetime:
    """So many minutes after NOW."""
    return NOW + timedelta(minutes=minutes)
