"""`/file`: forms for what can be sent, filled in by people who need not know RDF; the state of a form is in the form itself."""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request
from msgspec.structs import replace
from werkzeug.exceptions import RequestEntityTooLarge

from observance.accounts import RECORD, SUBMIT, AccountError, Identity, SavedDraft
from observance.core import (
    DCTERMS,
    OBS,
    PROV,
    ForbiddenError,
    LimitExceededError,
    NotFoundError,
    ObservanceError,
    UsageError,
    capitalise,
    current_time,
)
from observance.filing import Communication
from observance.forms import TEXT, CheckedForm, Choice, FilledForm, Form, start_from
from observance.web import form_fields, form_requests, received_document
from observance.web.access import access, current_identity, party_of, requires
from observance.web.admission import admitted_work
from observance.web.communications import communications, receiver
from observance.web.document_words import charts
from observance.web.form_view import anchors, count_messages, view_form
from observance.web.language import LANGUAGE_NAMES, language, link
from observance.web.problem_details import error_sentences, http_status
from observance.web.receiving import enter, examine
from observance.web.record_entry import enter_record
from observance.web.request_parameters import accepts, parameter
from observance.web.site import site
from oxishacl import Source

if TYPE_CHECKING:
    from observance.accounts import Drafts

blueprint = Blueprint("forms", __name__)

_PRIVATE: Final = {"Cache-Control": "private, no-store"}
_PARTY: Final = OBS + "onBehalfOf"
_SENDER: Final = OBS + "submittedBy"
_AS_IT_IS: Final = "as-it-is"
_DATE: Final = DCTERMS + "dateSubmitted"
_LANGUAGE: Final = DCTERMS + "language"
_REVISES: Final = PROV + "wasRevisionOf"
_STARTS: Final = ("revision", "next")
_TEXT_LANGUAGES: Final = {**LANGUAGE_NAMES, "ar": "العربية", "es": "Español", "pt": "Português", "ru": "Русский", "zh": "中文"}
_SYNTAXES: Final = {
    "turtle": ("text/turtle", "ttl"),
    "jsonld": ("application/ld+json", "jsonld"),
    "rdfxml": ("application/rdf+xml", "rdf"),
    "ntriples": ("application/n-triples", "nt"),
}
"""The syntaxes of downloads, each with its media type and the ending of its files."""
_PATHS: Final = 1_000
"""The most fields that a form may post; the server's own bound."""


@blueprint.get("/file")
@accepts()
def listing() -> Response:
    """What can be sent, and the drafts of the reader's party."""
    forms = [form for form in form_requests.listed() if not form.is_record or form_requests.enters_records()]
    drafts = access_drafts().listed(_own()) if _may_draft() else ()
    titles = {form.name: capitalise(form.part.label.get(language(), form.name)) for form in forms}
    return make_response(render_template("forms.html", forms=forms, drafts=drafts, titles=titles), 200, _PRIVATE)


@blueprint.get("/file/<path:name>")
@accepts("from", "as", "draft")
def page(name: str) -> Response:
    """The form: empty, or as an earlier submission or a draft fills it in."""
    form = _form(name)
    draft = parameter("draft")
    if draft:
        saved, content = access_drafts().content(_own_or_refused(), draft)
        return _page(_form(saved.form), form_requests.read_draft(content), draft=saved)
    earlier = parameter("from")
    filled = _earlier(form, earlier) if earlier else None
    return _page(form, form_fields.new_form(form, given=_given(), filled=filled))


def _earlier(form: Form, earlier: str) -> FilledForm:
    """What an earlier submission says, for a new one; raises NotFoundError for one that the reader may not start from."""
    start = parameter("as") or "revision"
    if start not in _STARTS:
        raise UsageError("forms.no-start", found=ascii(start)[1:-1][:60], known=", ".join(_STARTS))
    with admitted_work():
        if earlier.isascii() and earlier.isdecimal() and len(earlier) < 19:
            record = communications().find(int(earlier))
            if not record.is_of(_own()) or record.is_kept_back or record.particulars is None:
                raise NotFoundError("filing.no-communication", number=earlier)
            content = access().ledger.content(int(earlier))
            filled = form_requests.read_source(form.name, Source(record.particulars.name, content), start=start)
        else:
            filled = form_requests.read_record(form.name, earlier, start=start)
    if _own() and _own() not in _texts(form, filled, _PARTY):
        raise NotFoundError("forms.none-on-record", node=ascii(earlier)[1:-1][:200])
    return filled


@blueprint.post("/file/<path:name>")
@accepts(others=True)
def act(name: str) -> Response:
    """What the pressed button does; whatever happens, the page holds what was written."""
    form = _form(name)
    filled = _posted(form)
    action, _, argument = request.form.get("do", "check").partition(":")
    try:
        with admitted_work():
            return _done(form, filled, action, argument)
    except ObservanceError as error:
        sentence = (error_sentences(error) or {})[language()]
        return _page(form, filled, draft=_posted_draft(), problem=sentence, status=http_status(error))


def _posted(form: Form) -> FilledForm:
    try:
        return form_fields.read_posted(form.name, request.form.items(multi=True))
    except RequestEntityTooLarge:
        megabytes = f"{site().kb.settings.max_bytes / 1_000_000:g}"
        raise LimitExceededError("forms.too-large", fields=_PATHS, megabytes=megabytes) from None


def _done(form: Form, filled: FilledForm, action: str, argument: str) -> Response:
    draft = _posted_draft()
    match action:
        case "add":
            return _page(form, form_fields.with_entry(form, filled, argument, language=language()), draft=draft, added=argument)
        case "remove":
            return _page(form, form_fields.without_entry(form, filled, argument), draft=draft)
        case "draw":
            return _page(form, filled, draft=draft)
        case "check" | "preview":
            return _page(form, filled, draft=draft, checked=form_requests.checked(filled), is_preview=action == "preview")
        case "download":
            return _download(form, filled, argument)
        case "open":
            return _opened(form)
        case "revise":
            return _page(form, form_fields.new_form(form, given=_given(), filled=start_from(form, filled, is_revision=True)), draft=draft)
        case "save":
            return _saved(form, filled, draft)
        case "send":
            return _sent(form, filled, is_as_it_is=argument == _AS_IT_IS)
        case _:
            raise UsageError("forms.no-action", found=ascii(action)[1:-1][:40])


def _download(form: Form, filled: FilledForm, kind: str) -> Response:
    if kind == "draft":
        body, media_type, ending = form_requests.written_draft(filled), form_requests.DRAFT_TYPE, "json"
    elif kind in _SYNTAXES:
        media_type, ending = _SYNTAXES[kind]
        body = form_requests.document(filled, media_type).body
    else:
        raise UsageError("forms.no-action", found=ascii(kind)[1:-1][:40])
    disposition = f'attachment; filename="{form.name}.{ending}"'
    return Response(body, content_type=media_type, headers={**_PRIVATE, "Content-Disposition": disposition})


def _opened(form: Form) -> Response:
    file = request.files.get("opened")
    if file is None or not file.filename:
        raise UsageError("forms.no-file")
    source = Source(file.filename, file.read())
    if not (received_document.is_workbook(source.content) and _has_workbooks()):
        filled = form_requests.read_source(form.name, source)
        form = _form(filled.form)
        return _page(form, form_fields.new_form(form, given={}, filled=filled))
    read = form_requests.read_workbook(source)
    form = _form(read.filled.form)
    filled = form_fields.new_form(form, given={}, filled=read.filled)
    checked = form_requests.with_cells(replace(form_requests.checked(filled), filled=filled), read)
    told = tuple(notice.message[language()] for notice in read.notices)
    return _page(form, filled, checked=checked, note="forms.workbook-opened", told=told)


def _has_workbooks() -> bool:
    return "workbooks.template" in current_app.view_functions


def _saved(form: Form, filled: FilledForm, draft: SavedDraft | None) -> Response:
    identity, party = _writing(SUBMIT), _own_or_refused()
    saved = access_drafts().save(
        party, form.name, form_requests.written_draft(filled), by=identity.account.name, now=current_time(),
        identifier=draft.id if draft else "", version=draft.version if draft else 0,
    )  # fmt: skip
    is_beside = draft is not None and saved.id != draft.id
    return _page(form, filled, draft=saved, note="forms.saved-beside" if is_beside else "forms.saved")


def _sent(form: Form, filled: FilledForm, *, is_as_it_is: bool) -> Response:
    """Enter what the form states, and lead to its receipt; a form that cannot be processed is shown again.

    One that lacks what the text asks for is shown once with that; it is sent when its sender says so.
    """
    if form.is_record:
        return _entered(form, filled)
    identity = _writing(SUBMIT, RECORD)
    checked = form_requests.checked(filled)
    original = request.files.get("original")
    has_original = original is not None and bool(original.filename)
    if not checked.is_ready or (_lacks_what_is_asked(checked) and not is_as_it_is):
        return _page(form, filled, draft=_posted_draft(), checked=checked, note="forms.original-again" if has_original else "")
    document = Source(f"{form.name}.ttl", checked.turtle.encode(), "text/turtle")
    communication = _communication(form, filled, document, identity)
    examination = examine(document)
    receiver().check(communication, examination)  # before the letter is entered, which would be left alone
    if has_original:
        assert original is not None
        letter = Source(original.filename or "", original.read(), original.mimetype or None)
        letter_number = enter(letter, _communication(form, filled, letter, identity)).entry.number
        communication = replace(communication, transcribes=letter_number)
    received = enter(document, communication, examination=examination)
    response = make_response(redirect(link("submissions.one", number=received.entry.number), 303))
    response.headers.update(_PRIVATE)
    draft = _posted_draft()
    if draft is not None and _own():
        access_drafts().delete(_own(), draft.id, version=draft.version)
    return response


def _entered(form: Form, filled: FilledForm) -> Response:
    """Enter the record that the form states, and show what was entered; one with something to correct is shown again."""
    identity = _writing(RECORD)
    found = enter_record(form, filled, by=identity.account.name, now=current_time())
    if isinstance(found, CheckedForm):
        return _page(form, filled, draft=_posted_draft(), checked=found)
    body = render_template("record-entered.html", form=form, record=found)
    return make_response(body, 201 if found.is_new else 200, _PRIVATE)


def _lacks_what_is_asked(checked: CheckedForm) -> bool:
    return any(finding.asked_by == TEXT for finding in checked.findings)


def _communication(form: Form, filled: FilledForm, source: Source, identity: Identity) -> Communication:
    """The communication of a party or, entered by the Secretariat, of the party that the form names."""
    own = party_of(identity)
    party = own or next(iter(_texts(form, filled, _PARTY)), "")
    if not party:
        raise UsageError("filing.party-needed")
    return Communication(
        content=source.content, file_name=received_document.base_name(source.name), media_type=source.media_type or "",
        sender=party, party=party, entered_by=identity.account.name, received=current_time().date(),
        is_of_secretariat=not own, transcribes=None,
    )  # fmt: skip


@blueprint.post("/file/drafts/<identifier>/deletion")
@accepts("csrf")
@requires(SUBMIT)
def delete_draft(identifier: str) -> Response:
    """Delete the draft, and lead to the list."""
    access_drafts().delete(_own_or_refused(), identifier)
    return make_response(redirect(link("forms.listing"), 303))


def _writing(*scopes: str) -> Identity:
    """Who makes the current request, which changes something; raises AccountError for whoever may not, ForbiddenError for another site."""
    identity = current_identity()
    if identity is None:
        raise AccountError("forms.log-in-again")
    if not any(map(identity.may, scopes)):
        raise AccountError("accounts.may-not")
    try:
        access().check_csrf(identity)
    except ForbiddenError:
        raise ForbiddenError("forms.press-again") from None
    return identity


def _posted_draft() -> SavedDraft | None:
    """The draft that the posted form was opened from."""
    identifier, _, version = request.form.get("draft", "").partition(":")
    if not (identifier.isalnum() and version.isascii() and version.isdecimal() and len(version) < 9):
        return None
    return SavedDraft(identifier, request.view_args["name"] if request.view_args else "", int(version), "", current_time())


def access_drafts() -> "Drafts":
    """The drafts of the ledger; raises NotFoundError if the register is kept in a folder."""
    from observance.accounts import Drafts  # only where there is a ledger: it takes database libraries

    return Drafts(access().ledger)


def _form(name: str) -> Form:
    form = form_requests.form(name)
    if form.is_record and not form_requests.enters_records():
        raise NotFoundError(
            "forms.no-form", name=ascii(name)[1:-1][:60], known=", ".join(f.name for f in form_requests.listed() if not f.is_record)
        )
    return form


def _own() -> str:
    return party_of(current_identity())


def _own_or_refused() -> str:
    if not _own():
        raise AccountError("forms.log-in-again" if current_identity() is None else "accounts.may-not")
    return _own()


def _may_draft() -> bool:
    identity = current_identity()
    return identity is not None and identity.may(SUBMIT) and bool(_own())


def _given() -> Mapping[str, str]:
    """What a new form begins with, by property: the party of the account, the day of today, and the language of the page."""
    own = {_PARTY: _own(), _SENDER: _own()} if _own() else {}
    return {**own, _DATE: current_time().date().isoformat(), _LANGUAGE: language()}


def _texts(form: Form, filled: FilledForm, predicate: str) -> list[str]:
    keys = [asked.key for asked in form.part.fields if any(a.predicate == predicate for a in asked.alternatives)]
    return [entry.text.strip() for key in keys for entry in filled.part.entries.get(key, ()) if entry.text.strip()]


def _page(
    form: Form,
    filled: FilledForm,
    *,
    draft: SavedDraft | None = None,
    checked: CheckedForm | None = None,
    is_preview: bool = False,
    added: str = "",
    note: str = "",
    told: tuple[str, ...] = (),
    problem: str | None = None,
    status: int = 200,
) -> Response:
    if form_fields.is_too_large(form, filled):
        return _too_large(form, filled)
    own = _own() or next(iter(_texts(form, filled, _PARTY)), "")
    view = view_form(form, filled, lang=language(), checked=checked, own=own)
    names = {row["party"]: row["name"] for row in site().rows("bearers", language())}
    identity = current_identity()
    had_account = request.form.get("account", "") == "yes"
    body = render_template(
        "form.html", form=form, view=view, checked=checked, counts=count_messages(view.messages), added=added, note=note, told=told,
        draft=draft, problem=problem, has_workbooks=_has_workbooks(), earlier=_own_earlier(form),
        party=names.get(own, own) or None, own=_own(),
        fixed=(_PARTY, _SENDER) if _own() else (),
        may_draft=_may_draft(), may_send=identity is not None and (identity.may(SUBMIT) or identity.may(RECORD)) and not form.is_record,
        may_enter=form.is_record and identity is not None and identity.may(RECORD),
        is_logged_out=identity is None and had_account, languages=_TEXT_LANGUAGES, syntaxes=_SYNTAXES, charts=charts(view.fields),
        is_preview=is_preview, needs_word=checked is not None and checked.is_ready and _lacks_what_is_asked(checked),
        send_to=access().settings.relay_sender, anchors=anchors(view), rest=filled.rest,
    )  # fmt: skip
    return make_response(body, status, _PRIVATE)


def _too_large(form: Form, filled: FilledForm) -> Response:
    """The page in place of one that would show too much: what was written can be taken from it as a draft."""
    draft = base64.b64encode(form_requests.written_draft(filled)).decode()
    body = render_template("form-too-large.html", form=form, link_to_draft=f"data:{form_requests.DRAFT_TYPE};base64,{draft}")
    return make_response(body, 413, _PRIVATE)


def _own_earlier(form: Form) -> list[Choice]:
    """The submissions of the same kind by the reader's party, of which a new one can start."""
    asked = next((asked for asked in form.part.fields if asked.alternatives[0].predicate == _REVISES), None)
    choices = asked.choices if asked is not None and _own() else ()
    return [choice for choice in choices if choice.party == _own() and choice.group == form.part.label]
