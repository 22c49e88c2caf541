"""`/submissions`: the communications of the register: sending one, its receipt, and what was done about each."""

import json
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for

from observance.accounts import ADMINISTER, RECORD, SUBMIT, AccountError, Identity
from observance.core import (
    NotFoundError,
    ObservanceError,
    UsageError,
    current_time,
    local_name,
)
from observance.filing import CONFIRMED, STEPS, CommunicationRecord, Examination, withdrawal_document
from observance.handlers import HeadingsRequest
from observance.ledger import ERASURE, SEALING
from observance.web import form_requests, received_document, response_formats
from observance.web.access import access, current_identity, party_of, requires
from observance.web.audience import audience
from observance.web.communications import changes, communications, is_involved, may_read, readable, receiver
from observance.web.export_requests import table_export_response
from observance.web.language import language
from observance.web.problem_details import error_sentences, http_status
from observance.web.receiving import enter, notify, register_iri, signed_in, stated_communication
from observance.web.request_parameters import accepts, page_number, parameter
from observance.web.response_formats import PAGE, TABLES
from observance.web.site import site
from observance.web.transcription import transcribe_workbook
from oxishacl import Source

blueprint = Blueprint("submissions", __name__)

_ON_A_PAGE: Final = 50
_PRIVATE: Final = {"Cache-Control": "private, no-store"}
_DECISIONS: Final = {"seal": SEALING, "erase": ERASURE}


@blueprint.get("/submissions")
@accepts("whose", "page")
def listing() -> Response:
    """The communications that the reader may see, the last one first; with `whose=ours`, those of the reader's own Member or Union."""
    return _listing()


@blueprint.post("/submissions")
@accepts(others=True)
@requires(SUBMIT, RECORD)
def receive() -> Response:
    """Enter what was sent, and return its receipt, with status 201 whatever it is; the same again gives the first receipt."""
    received_document.keep_body()
    response_format = response_formats.requested_page_format(turtle=False)
    try:
        return _received(received_document.received_file(), response_format=response_format)
    except ObservanceError as error:
        if response_format != PAGE:
            raise
        return _listing(problem=(error_sentences(error) or {})[language()], status=http_status(error))


def _received(source: Source, *, response_format: str, is_made_here: bool = False) -> Response:
    """Enter the document of an account that may do so, and return the response with its receipt; see ExaminationRequest."""
    communication = stated_communication(source)
    received = enter(source, communication, is_made_here=is_made_here)
    number, examination = received.entry.number, received.examination
    if not examination.ending:
        if any(how == "transcribed" for how, _ in communications().find(number).changed_by):
            return _receipt_response(number, None, is_new=received.is_new, response_format=response_format)
        examination = transcribe_workbook(communication, number) or examination
    return _receipt_response(number, examination, is_new=received.is_new, response_format=response_format)


def _receipt_response(number: int, examination: Examination | None, *, is_new: bool, response_format: str) -> Response:
    """The response with the receipt of a communication, and what was found out about it just now."""
    record = communications().find(number)
    if response_format == PAGE:
        response = make_response(_page(record, examination=examination), 201)
    else:
        found = {"problem": examination.problem or None, "report": examination.report} if examination is not None else {}
        response = _json({**_as_data(record), "receipt": _receipt(number), "isNew": is_new, **found}, status=201)
    response.headers["Location"] = url_for("submissions.one", number=number)
    response.headers.update(_PRIVATE)
    return response


@blueprint.get("/submissions/<int:number>")
def one(number: int) -> Response:
    """The communication: its receipt, and what was done about it."""
    record = readable(number)
    if response_formats.requested_page_format(turtle=False) != PAGE:
        return _json(_as_data(record))
    return make_response(_page(record), 200, _PRIVATE)


@blueprint.get("/submissions/<int:number>/receipt")
def receipt(number: int) -> Response:
    """The receipt that `observance receipt verify` verifies, as a file."""
    if not is_involved(readable(number)):
        raise NotFoundError("filing.no-communication", number=number)
    body = _receipt_text(number)
    disposition = f'attachment; filename="receipt-{number}.json"'
    return Response(body, content_type="application/json", headers={**_PRIVATE, "Content-Disposition": disposition})


@blueprint.get("/submissions/<int:number>/content")
def content(number: int) -> Response:
    """The bytes as they were received, as a file that no browser shows."""
    record = readable(number)
    body = access().ledger.content(number)
    assert record.particulars is not None
    name = PurePosixPath(record.particulars.name).name
    headers = {**_PRIVATE, "Content-Disposition": f'attachment; filename="{name}"', "Content-Security-Policy": "sandbox"}
    return Response(body, content_type="application/octet-stream", headers=headers)


@blueprint.post("/submissions/<int:number>/withdrawal")
@accepts("csrf", "reason")
@requires(SUBMIT)
def withdraw(number: int) -> Response:
    """Enter the withdrawal of each submission of the communication, which stays visible as withdrawn."""
    record, identity = readable(number), signed_in()
    stated = record.particulars
    if stated is None or not record.is_of(party_of(identity)):
        raise AccountError("accounts.other-party")
    if not stated.submissions:
        raise UsageError("filing.nothing-to-withdraw", number=number)
    response_format = response_formats.requested_page_format(turtle=False)
    withdrawal = next((number for how, number in record.changed_by if how == "withdrawn"), None)
    if withdrawal is not None:
        return _receipt_response(withdrawal, None, is_new=False, response_format=response_format)
    document = withdrawal_document(
        record,
        party=party_of(identity),
        day=current_time().date(),
        reason=parameter("reason") or "",
        lang=language(),
        register=register_iri(),
        knowledge=site().kb.knowledge,
    )
    return _received(document, response_format=response_format, is_made_here=True)


@blueprint.post("/submissions/<int:number>/confirmation")
@accepts("csrf")
@requires(SUBMIT)
def confirm(number: int) -> Response:
    """Enter that the party confirms what the Secretariat transcribed of its letter."""
    record, identity = readable(number), signed_in()
    if not record.is_of(party_of(identity)):
        raise AccountError("accounts.other-party")
    receiver().confirm(number, by=identity.account.name, now=current_time())
    return _changed(number)


@blueprint.post("/submissions/<int:number>/steps")
@accepts("csrf", "step", "reason")
@requires(RECORD)
def add_step(number: int) -> Response:
    """Enter what the Secretariat did about the communication."""
    step, reason = parameter("step") or "", parameter("reason") or ""
    receiver().add_step(number, step, by=signed_in().account.name, reason=reason, now=current_time())
    notify(number)
    return _changed(number)


@blueprint.post("/submissions/<int:number>/decisions")
@accepts("csrf", "decision", "reason")
@requires(ADMINISTER)
def decide(number: int) -> Response:
    """Seal or erase the bytes of the communication."""
    decision = parameter("decision") or ""
    if decision not in _DECISIONS:
        raise UsageError("filing.no-step", step=ascii(decision), known=", ".join(_DECISIONS))
    communications().find(number)
    by, reason = signed_in().account.name, parameter("reason") or ""
    receiver().decide(_DECISIONS[decision], number, reason=reason, by=by, register=register_iri(), now=current_time())
    return _changed(number)


def _changed(number: int) -> Response:
    record = communications().find(number)
    if response_formats.requested_page_format(turtle=False) != PAGE:
        return _json(_as_data(record))
    response = make_response("", 303, _PRIVATE)
    response.headers["Location"] = url_for("submissions.one", number=number, lang=request.args.get("lang"))
    return response


def _listing(*, problem: str | None = None, status: int = 200) -> Response:
    own, is_ours = party_of(current_identity()), parameter("whose") == "ours"
    records = [r for r in communications().all() if may_read(r) and (not is_ours or r.is_of(own))]
    response_format = PAGE if problem else response_formats.requested_page_format(turtle=False, tables=True)
    if response_format in TABLES:
        return _exported(records, format=response_format)
    if response_format != PAGE:
        return _json({"submissions": [_as_data(record) for record in records]})
    count = max(1, -(-len(records) // _ON_A_PAGE))
    number = min(page_number(), count)
    first = (number - 1) * _ON_A_PAGE
    shown = records[first : first + _ON_A_PAGE]
    page = {"number": number, "count": count, "first": first + 1, "last": first + len(shown), "total": len(records)}
    body = render_template(
        "submissions.html",
        records=shown,
        page=page,
        problem=problem,
        own=own,
        is_ours=is_ours,
        names=_names(),
        changes=changes,
        headings=_headings(shown),
        **_form_context(),
    )
    return make_response(body, status, _PRIVATE)


def _headings(records: Sequence[CommunicationRecord]) -> dict[str, dict[str, str]]:
    """The kind and title of each submission of the communications that the register holds, by IRI."""
    iris = tuple(iri for record in records if record.particulars is not None for iri in record.particulars.submissions)
    kb = site().kb
    asked = HeadingsRequest(iris=iris, lang=language(), audience=audience())
    found: dict[str, dict[str, str]] = json.loads(kb.workers.call(asked, deadline=kb.settings.query_seconds).body) if iris else {}
    return found


def _exported(records: Sequence[CommunicationRecord], *, format: str) -> Response:
    """The communications as a table to be taken away."""
    names = _names()
    kinds: Sequence[tuple[str, str]] = (
        ("number", "number"), ("received", "date"), ("party", "text"), ("submission", "text"), ("state", "text"),
        ("party-iri", "iri"), ("submission-iri", "iri"),
    )  # fmt: skip
    rows = []
    for record in records:
        stated = record.particulars
        received = stated.received.isoformat() if stated is not None and stated.received is not None else None
        submissions = stated.submissions if stated is not None else ()
        file_name = (stated.file_name or stated.name) if stated is not None else ""
        about = ", ".join(local_name(iri) for iri in submissions) or file_name
        parties = ", ".join(names.get(party, local_name(party)) for party in record.parties)
        state = response_formats.request_message(f"communications.state-{record.state}")
        rows.append((record.number, received, parties, about, state, " ".join(record.parties), " ".join(submissions)))
    columns = tuple((response_formats.request_message(f"communications.{name}"), kind) for name, kind in kinds)
    response = table_export_response(response_formats.request_message("communications.title-list"), columns, tuple(rows), format=format)
    response.headers.update(_PRIVATE)
    return response


def _form_context() -> dict[str, Any]:
    identity = current_identity()
    return {
        "may_send": identity is not None and (identity.may(SUBMIT) or identity.may(RECORD)),
        "enters_for_others": identity is not None and identity.may(RECORD),
        "today": current_time().date().isoformat(),
        "has_workbooks": "workbooks.template" in current_app.view_functions,
    }


def _receipt_text(number: int) -> str:
    from observance.ledger import make_receipt  # only where there is a ledger: it takes database libraries

    return make_receipt(access().ledger, number).to_json()


def _page(record: CommunicationRecord, *, examination: Examination | None = None) -> str:
    identity = current_identity()
    is_shown = is_involved(record)
    has_receipt = is_shown and record.particulars is not None and not record.is_kept_back
    return render_template(
        "submission.html",
        record=record,
        examination=examination,
        record_form=form_requests.record_form(examination.record) if examination is not None else "",
        receipt=_receipt(record.number) if has_receipt else None,
        is_involved=is_shown,
        names=_names(),
        steps=STEPS if identity is not None and identity.may(RECORD) else (),
        decides=identity is not None and identity.may(ADMINISTER),
        changes=changes(record),
        may_withdraw=_may_withdraw(record, identity),
        may_confirm=_may_confirm(record, identity),
    )


def _is_own(record: CommunicationRecord, identity: Identity | None) -> bool:
    """Whether the account may send for the party of the communication."""
    return identity is not None and identity.may(SUBMIT) and record.is_of(party_of(identity))


def _may_confirm(record: CommunicationRecord, identity: Identity | None) -> bool:
    # What the party sent itself, in a form or a workbook, needs no word of it more.
    stated = record.particulars
    is_transcription = (
        stated is not None and stated.transcribes is not None and (identity is None or stated.entered_by != identity.account.name)
    )
    return _is_own(record, identity) and is_transcription and all(event.state != CONFIRMED for event in record.events)


def _may_withdraw(record: CommunicationRecord, identity: Identity | None) -> bool:
    is_withdrawn = any(how == "withdrawn" for how, _ in record.changed_by)
    has_submissions = record.particulars is not None and bool(record.particulars.submissions)
    return _is_own(record, identity) and has_submissions and not is_withdrawn and not record.is_kept_back


def _names() -> dict[str, str]:
    """The name of each party that the register declares."""
    return {row["party"]: row["name"] for row in site().rows("bearers", language())}


def _receipt(number: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_receipt_text(number))
    return found


def _as_data(record: CommunicationRecord) -> dict[str, Any]:
    stated, is_shown = record.particulars, is_involved(record)
    events: Sequence[dict[str, Any]] = [
        {
            "number": e.number,
            "state": e.state,
            "entered": e.entered.isoformat(),
            **({"by": e.by, "text": e.text} if is_shown else {}),
        }
        for e in record.events
    ]
    return {
        "number": record.number,
        "location": url_for("submissions.one", number=record.number, _external=True),
        "state": record.state,
        "entered": record.entry.entered.isoformat(),
        "digest": record.entry.content,
        "received": stated.received.isoformat() if stated and stated.received else None,
        "dated": stated.dated.isoformat() if stated and stated.dated else None,
        "sender": stated.sender if stated else None,
        "onBehalfOf": list(record.parties),
        "disclosure": stated.disclosure if stated else None,
        "submissions": list(stated.submissions) if stated else [],
        "changedBy": [{"how": how, "number": number} for how, number in changes(record)],
        "events": events,
    }


def _json(value: Any, *, status: int = 200) -> Response:
    return Response(
        json.dumps(value, ensure_ascii=False, indent=2) + "\n", status=status, content_type="application/json", headers=_PRIVATE
    )
