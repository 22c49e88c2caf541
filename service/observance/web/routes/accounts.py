"""`/login`, `/logout` and `/account`: sessions of people, and what they may change about their own account."""

from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from observance.accounts import READ, AccountError
from observance.core import ForbiddenError, ObservanceError, UsageError, current_time
from observance.web.access import COOKIE, access, current_identity, requires
from observance.web.language import language, link
from observance.web.problem_details import error_sentences, http_status
from observance.web.request_parameters import accepts

blueprint = Blueprint("accounts", __name__)

_MOST_BYTES: Final = 10_000
"""The longest form with a name and a password."""
_NO_STORE: Final = {"Cache-Control": "no-store"}


@blueprint.get("/login")
@accepts("next")
def form() -> Response:
    """The form for a name and a password."""
    _ = access().ledger
    return _form()


@blueprint.post("/login")
@accepts(others=True)
def log_in() -> Response:
    """Begin a session, and lead to the page that was asked for."""
    _ = access().ledger
    if (request.content_length or 0) > _MOST_BYTES:
        raise RequestEntityTooLarge
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ForbiddenError("accounts.other-site")
    try:
        secret = access().log_in(request.form.get("name", "").strip(), request.form.get("password", ""))
    except ObservanceError as error:
        return _form(problem=(error_sentences(error) or {})[language()], status=http_status(error))
    response = make_response(redirect(_next_page(), 303))
    # Browsers send the cookie over TLS alone where people reach the service under a name that is not this machine's.
    response.set_cookie(COOKIE, secret, httponly=True, samesite="Lax", secure=bool(access().settings.hosts), path="/")
    return response


@blueprint.post("/logout")
@accepts("csrf")
@requires(READ)
def log_out() -> Response:
    """End the session."""
    accounts = access().accounts
    assert accounts is not None
    accounts.end_session(request.cookies.get(COOKIE, ""))
    response = make_response(redirect(link("instrument.home"), 303))
    response.delete_cookie(COOKIE, path="/")
    return response


@blueprint.get("/account")
@requires(READ)
def page() -> Response:
    """What the account may do, and its tokens."""
    return _account()


@blueprint.post("/account/password")
@accepts("csrf", "password", "new")
@requires(READ)
def set_password() -> Response:
    """Give the account another password, and end its sessions."""
    identity = current_identity()
    accounts = access().accounts
    assert identity is not None and accounts is not None
    name = identity.account.name
    try:
        access().log_in(name, request.form.get("password", ""))
        accounts.set_password(name, request.form.get("new", ""), by=name, now=current_time())
    except (AccountError, UsageError) as error:
        return _account(problem=(error_sentences(error) or {})[language()], status=http_status(error))
    response = make_response(redirect(link("accounts.form"), 303))
    response.delete_cookie(COOKIE, path="/")
    return response


def _form(*, problem: str | None = None, status: int = 200) -> Response:
    return make_response(render_template("login.html", problem=problem, next=_next_page()), status, _NO_STORE)


def _account(*, problem: str | None = None, status: int = 200) -> Response:
    identity = current_identity()
    accounts = access().accounts
    assert identity is not None and accounts is not None
    tokens = [credential for credential in accounts.credentials(identity.account.name) if not credential.is_session]
    return make_response(render_template("account.html", identity=identity, tokens=tokens, problem=problem), status, _NO_STORE)


def _next_page() -> str:
    """The page of this service to which a log-in leads."""
    path = request.values.get("next", "")
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours else url_for("submissions.listing", lang=request.args.get("lang"))
