"""Drafts of what a party will send: kept in the database of a ledger, for whoever is a contact of the party; no entry tells of them."""

import secrets
from datetime import datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from observance.accounts.model import SavedDraft
from observance.accounts.tables import DRAFTS
from observance.core import InconsistentDataError, LimitExceededError, NotFoundError
from observance.ledger import Ledger, reading, writing

_ID_BYTES: Final = 8
MOST_DRAFTS: Final = 50
"""The most drafts of one party."""
MOST_DRAFT_BYTES: Final = 500_000
"""The largest draft."""


class Drafts(Struct, frozen=True):
    """The drafts in the database of a ledger; threads may share them."""

    ledger: Ledger

    def listed(self, party: str) -> tuple[SavedDraft, ...]:
        """Return the drafts of the party, the one that was saved last first."""
        _ = self.ledger.writer  # the tables may be of an earlier version, without drafts
        with reading(self.ledger.engine) as connection:
            rows = connection.execute(sa.select(DRAFTS.c.stated).where(DRAFTS.c.party == party)).all()
        return tuple(sorted(map(_stated, rows), key=lambda draft: (draft.saved, draft.id), reverse=True))

    def content(self, party: str, identifier: str) -> tuple[SavedDraft, bytes]:
        """Return the draft of the party with its content; raises NotFoundError if there is none."""
        _ = self.ledger.writer
        with reading(self.ledger.engine) as connection:
            row = connection.execute(_selected(party, identifier)).first()
        if row is None:
            raise NotFoundError("forms.no-draft")
        return _stated(row), bytes(row.content)

    def save(self, party: str, form: str, content: bytes, *, by: str, now: datetime, identifier: str = "", version: int = 0) -> SavedDraft:
        """Keep the content in the place of the draft with that version; as a new draft if there is none, or if it was saved since.

        Raises LimitExceededError for a draft that is too large, or one too many.
        """
        if len(content) > MOST_DRAFT_BYTES:
            raise LimitExceededError("forms.draft-too-large", limit=MOST_DRAFT_BYTES // 1000)
        with writing(self.ledger.writer) as connection:
            row = connection.execute(_selected(party, identifier)).first() if identifier else None
            if row is not None and _stated(row).version == version and _stated(row).form == form:
                draft = SavedDraft(identifier, form, version + 1, by, now)
                values = {"stated": msgspec.json.encode(draft), "content": content}
                connection.execute(DRAFTS.update().where(DRAFTS.c.id == identifier).values(**values))
                return draft
            count = connection.execute(sa.select(sa.func.count()).select_from(DRAFTS).where(DRAFTS.c.party == party)).scalar_one()
            if count >= MOST_DRAFTS:
                raise LimitExceededError("forms.too-many-drafts", limit=MOST_DRAFTS)
            draft = SavedDraft(secrets.token_hex(_ID_BYTES), form, 1, by, now)
            row_values = {"id": draft.id, "party": party, "stated": msgspec.json.encode(draft), "content": content}
            connection.execute(DRAFTS.insert().values(**row_values))
            return draft

    def delete(self, party: str, identifier: str, *, version: int | None = None) -> None:
        """Delete the draft of the party, if there is one; with a version, only if it was not saved since."""
        with writing(self.ledger.writer) as connection:
            row = connection.execute(_selected(party, identifier)).first()
            if row is not None and version in (None, _stated(row).version):
                connection.execute(DRAFTS.delete().where(DRAFTS.c.party == party, DRAFTS.c.id == identifier))


def _selected(party: str, identifier: str) -> sa.Select[Any]:
    return sa.select(DRAFTS).where(DRAFTS.c.party == party, DRAFTS.c.id == identifier)


def _stated(row: sa.Row[Any]) -> SavedDraft:
    try:
        return msgspec.json.decode(row.stated, type=SavedDraft)
    except (msgspec.DecodeError, TypeError):
        raise InconsistentDataError("accounts.damaged") from None
