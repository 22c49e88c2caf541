"""Drafts of parties: found again by their party alone, never overwritten by an older version, within bounds, and in no copy."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from observance.accounts import MOST_DRAFT_BYTES, MOST_DRAFTS, Drafts
from observance.core import LimitExceededError, NotFoundError
from observance.ledger import Ledger, locate
from served_ledger import make

NOW = datetime(2024, 3, 1, tzinfo=UTC)


@pytest.fixture
def drafts(tmp_path: Path):
    with Ledger(locate(make(tmp_path))) as ledger:
        yield Drafts(ledger)


def test_versions(drafts: Drafts) -> None:
    """Saving takes the place of the version that it knows; over a newer one, and over another form's, it makes a draft of its own."""
    first = drafts.save("XA", "3", b"1", by="a", now=NOW)
    second = drafts.save("XA", "3", b"2", by="b", now=NOW, identifier=first.id, version=1)
    beside = drafts.save("XA", "3", b"3", by="a", now=NOW, identifier=first.id, version=1)
    other = drafts.save("XA", "2.5", b"4", by="a", now=NOW, identifier=first.id, version=2)

    assert (second.id, second.version, second.saved_by) == (first.id, 2, "b")
    assert len({first.id, beside.id, other.id}) == 3 and (beside.version, other.version) == (1, 1)
    assert {drafts.content("XA", draft.id)[1] for draft in drafts.listed("XA")} == {b"2", b"3", b"4"}


def test_of_one_party(drafts: Drafts) -> None:
    """A draft is its party's: another party does not find, change or delete it."""
    draft = drafts.save("XA", "3", b"1", by="a", now=NOW)
    stranger = drafts.save("XU", "3", b"2", by="u", now=NOW, identifier=draft.id, version=1)
    drafts.delete("XU", draft.id)

    assert stranger.id != draft.id and drafts.content("XA", draft.id) == (draft, b"1")
    with pytest.raises(NotFoundError):
        drafts.content("XU", draft.id)
    drafts.delete("XA", draft.id)
    assert drafts.listed("XA") == ()


def test_bounds(drafts: Drafts) -> None:
    """A draft that is too large, and one too many, are refused; one that is there can still be saved."""
    with pytest.raises(LimitExceededError):
        drafts.save("XA", "3", b"x" * (MOST_DRAFT_BYTES + 1), by="a", now=NOW)
    kept = [drafts.save("XA", "3", b"", by="a", now=NOW) for _ in range(MOST_DRAFTS)]
    with pytest.raises(LimitExceededError):
        drafts.save("XA", "3", b"", by="a", now=NOW)
    assert drafts.save("XA", "3", b"x", by="a", now=NOW, identifier=kept[0].id, version=1).version == 2
