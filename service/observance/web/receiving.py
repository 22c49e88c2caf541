"""Receiving what the account of the current request sends: its examination in a worker process, its entry, and the notices of it."""

from datetime import date

import msgspec
from flask import current_app, url_for

from observance.accounts import AccountError, Identity
from observance.core import DeadlineExceededError, LimitExceededError, UsageError, WorkerDiedError, current_time
from observance.filing import Communication, Examination, Received, as_original
from observance.handlers import ExaminationRequest
from observance.rdf import is_iri
from observance.web.access import access, current_identity, party_of
from observance.web.audience import audience
from observance.web.communications import communications, receiver
from observance.web.received_document import base_name
from observance.web.request_parameters import parameter
from observance.web.site import site
from oxishacl import Source


def enter(source: Source, communication: Communication, *, is_made_here: bool = False, examination: Examination | None = None) -> Received:
    """Enter the communication with its examination and send notices; raises what `Receiver.receive` raises."""
    found = examination or examine(source, is_made_here=is_made_here)
    received = receiver().receive(communication, found, register=found.register, now=current_time())
    if received.is_new:
        notify(received.entry.number)
    return received


def signed_in() -> Identity:
    """Who makes the current request, which has an account."""
    identity = current_identity()
    assert identity is not None
    return identity


def register_iri() -> str:
    """The IRI of the served register."""
    return str(site().kb.served["iri"])


def notify(number: int) -> None:
    """Send notices, if the settings name a mail server."""
    accounts = access().accounts
    if accounts is not None and access().settings.relay_host:
        # Imported here because notices are optional, as is the package that sends them.
        from observance.web.notices import Notices

        notices = current_app.extensions.setdefault(Notices.KEY, Notices(access().settings))
        notices.tell(
            communications().find(number),
            address=url_for("submissions.one", number=number, _external=True),
            accounts=accounts.listed(),
            day=current_time().date(),
        )


def stated_communication(source: Source) -> Communication:
    """The communication that the parameters of the current request state of the document.

    Raises UsageError for parameters that no communication has, AccountError for one of another party.
    """
    identity = signed_in()
    own, today = party_of(identity), current_time().date()
    named = parameter("party")
    party = site().kb.lookup.party(named) if named else own
    if not party:
        raise UsageError("filing.party-needed")
    if own and party != own:
        raise AccountError("accounts.other-party")
    received, dated = today if own else _day("received") or today, _day("dated")
    if received > today:
        raise UsageError("filing.received-later", day=received.isoformat())
    if dated is not None and dated > received:
        raise UsageError("filing.dated-later", day=dated.isoformat())
    return Communication(
        content=source.content,
        file_name=base_name(source.name),
        media_type=source.media_type or "",
        sender=party if own else _sender() or party,
        party=party,
        entered_by=identity.account.name,
        received=received,
        dated=dated,
        is_of_secretariat=not own,
        transcribes=None if own else _transcribed(),
        converter="" if own else parameter("converter") or "",
    )


def _sender() -> str | None:
    """The IRI of the body that sent what is entered, which is given by its code or IRI; None if none is given."""
    text = parameter("sender")
    if text is None or ("://" in text and is_iri(text)):
        return text
    return site().kb.lookup.party(text)


def _transcribed() -> int | None:
    """The number of the entry that is transcribed, if there is one."""
    text = parameter("transcribes")
    if text is not None and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise UsageError("filing.no-communication", number=ascii(text)[:40])
    return int(text) if text is not None else None


def _day(name: str) -> date | None:
    text = parameter(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError("assessment.bad-date", option=name, value=text) from None


def examine(source: Source, *, is_made_here: bool = False) -> Examination:
    """Return what a worker process finds out, see ExaminationRequest; a document that it cannot finish with is an original."""
    kb = site().kb
    examined = ExaminationRequest(
        name=source.name, content=source.content, media_type=source.media_type, audience=audience(), is_made_here=is_made_here
    )
    try:
        answer = kb.workers.call(examined, deadline=kb.settings.validate_seconds)
    except (DeadlineExceededError, LimitExceededError, WorkerDiedError) as error:
        return as_original(error, register=register_iri())
    return msgspec.json.decode(answer.body, type=Examination)
