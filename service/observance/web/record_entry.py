"""Entering a record of the Secretariat that a form states: named, checked beside the register as it is now, and added to the ledger."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from observance.core import OBS, UsageError, calendar
from observance.forms import NODE, CheckedForm, FilledForm, Form, FormEntry
from observance.handlers import RecordCheckRequest
from observance.web import form_requests
from observance.web.access import access
from observance.web.communications import communications, receiver
from observance.web.receiving import register_iri
from observance.web.site import site

_ENTERED: Final = OBS + "recordedAt"
_DIGITS: Final = 12


class EnteredRecord(Struct, frozen=True):
    """A record on record: its IRI, or that of what it describes; the number and name of its entry, and what is worth knowing of it."""

    iri: str
    number: int
    name: str
    entered: datetime
    notes: tuple[Mapping[str, str], ...] = ()
    is_new: bool = True


def enter_record(form: Form, filled: FilledForm, *, by: str, now: datetime) -> CheckedForm | EnteredRecord:
    """Enter the record for the account, or return what is to be corrected in it; the same form sent again gives the entry that it has.

    Raises UsageError for a time of entry that is still to come, ConflictError if the register is added to meanwhile, and what checking a
    record raises.
    """
    register, ledger = register_iri(), access().ledger
    path = f"{form.name}/{now.date().isoformat()}-{hashlib.sha256(form_requests.written_draft(filled)).hexdigest()[:_DIGITS]}"
    named = _named(form, filled, iri=register.removesuffix("register") + path, now=now)
    name, iri = f"{path}.ttl", _subject(named)
    known = ledger.number_of(name)
    if known is not None:
        return EnteredRecord(iri, known, name, ledger.entry(known).entry.entered, is_new=False)
    newest, seen = communications().newest
    asked, kb = RecordCheckRequest(name=name, filled=msgspec.json.encode(named), newest=newest, entered=now), site().kb
    checked = msgspec.json.decode(kb.workers.call(asked, deadline=kb.settings.validate_seconds).body, type=CheckedForm)
    if not checked.is_ready:
        return replace(checked, filled=filled)
    entry = receiver().add_record(name, checked.turtle.encode(), by=by, seen=seen, now=now)
    return EnteredRecord(iri, entry.number, name, entry.entered, tuple(finding.message for finding in checked.findings))


def _subject(filled: FilledForm) -> str:
    about = filled.part.entries.get(NODE, ())
    return about[0].text.strip() if about else filled.part.node


def _named(form: Form, filled: FilledForm, *, iri: str, now: datetime) -> FilledForm:
    """The filled form with an IRI of the register, unless it has one or is about something else, and with the time of entry."""
    entries = dict(filled.part.entries)
    asked = next((asked for asked in form.part.fields if asked.alternatives[0].predicate == _ENTERED), None)
    if asked is not None:
        stated = [entry.text.strip() for entry in entries.get(asked.key, ()) if entry.text.strip()]
        if any(_is_later(text, than=now) for text in stated):
            raise UsageError("forms.entered-later", time=ascii(stated[0])[1:-1][:40])
        if not stated:
            entries[asked.key] = (FormEntry(calendar.format_time(now)),)
    own = "" if filled.part.node.startswith("_:") else filled.part.node
    return replace(filled, part=replace(filled.part, entries=entries, node=own or iri))


def _is_later(text: str, *, than: datetime) -> bool:
    try:
        return calendar.parse_time(text) > than
    except ValueError:
        return False
