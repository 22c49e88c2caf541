"""Who makes a request, and what it may do: accounts of a register that is kept in a ledger.

A program is recognised by a token, a browser by the cookie of a session, and, where the settings name a proxy, anybody by the header in
which it names an account. Where the register is in no ledger, or its ledger never had an account, there is no access control.
"""

import hmac
import secrets
import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from flask import Flask, current_app, g, request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from observance.accounts import CONTACT, READ, Account, AccountError, Identity, is_account_name
from observance.core import ForbiddenError, NotFoundError, Settings, UsageError, current_time
from observance.ledger import is_ledger
from observance.register import MEMBERS, PUBLIC, SECRETARIAT, Audience, party_audience
from observance.web.admission import TooManyRequestsError
from observance.web.audience import KEY as AUDIENCE

# Imported where there is a ledger: a register in a folder needs no SQLAlchemy, which takes 20 MB.
if TYPE_CHECKING:
    from observance.accounts import Accounts
    from observance.ledger import Ledger

COOKIE: Final = "observance"
TOLD_TO: Final = ("disclosed", "members", "public")
"""To whom statuses may be told, as a setting says it."""
PEER: Final = "observance.peer"
"""The name in the environment of a request of the address from which its connection comes."""
CSRF_FIELD: Final = "csrf"
_BEARER: Final = "bearer"
_WRITING: Final = ("POST", "PUT", "PATCH", "DELETE")
_OF_ACCOUNT: Final = parse("5/5 minutes")
"""The attempts of one client at one account; a right password clears them."""
_OF_CLIENT: Final = parse("60/15 minutes")
_HASHES: Final = 2
_WAIT_SECONDS: Final = 2.0


class UnauthenticatedError(AccountError):
    """A request that needs an account, and is not recognised as anybody's."""

    code = "Unauthenticated"


class Access:
    """The ledger of the served register, with its accounts and communications, and the limits of attempts to log in."""

    KEY: ClassVar = "observance.access"

    def __init__(self, ledger: "Ledger | None", *, settings: Settings) -> None:
        """Without a ledger there is no access control, and nothing is received."""
        self._ledger = ledger
        self.settings = settings
        self.accounts = _accounts(ledger) if ledger is not None else None
        self._hashing = threading.BoundedSemaphore(_HASHES)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._key = secrets.token_bytes(32)

    @property
    def ledger(self) -> "Ledger":
        """The ledger; raises NotFoundError if the register is kept in a folder."""
        if self._ledger is None:
            raise NotFoundError("filing.no-ledger")
        return self._ledger

    @property
    def is_controlled(self) -> bool:
        """Whether there is access control; the answer is the same from the beginning of a request to its end."""
        if "is_controlled" not in g:
            g.is_controlled = self.accounts is not None and self.accounts.are_used
        return bool(g.is_controlled)

    def identity(self) -> Identity | None:
        """Who makes the current request; None for anybody. Raises UnauthenticatedError for a token that is nobody's, or not any more."""
        if self.accounts is None:
            return None
        now, token = current_time(), _bearer_token()
        if token is not None:
            identity = self.accounts.identify(token, now=now)
            if identity is None:
                raise UnauthenticatedError("accounts.bad-token")
            return identity
        header, peer = self.settings.proxy_header, request.environ.get(PEER, request.remote_addr)
        if header and peer == self.settings.proxy and (name := request.headers.get(header)):
            return self.accounts.trusted(name, now=now)
        secret = request.cookies.get(COOKIE)
        return self.accounts.identify(secret, now=now) if secret else None

    def close(self) -> None:
        """Close the connections to the ledger."""
        if self._ledger is not None:
            self._ledger.close()

    def csrf_token(self, identity: Identity) -> str:
        """The word that a form of ours holds, and that a form of another site cannot know."""
        bound = identity.credential or identity.account.name
        return hmac.new(self._key, bound.encode(), "sha256").hexdigest()

    def check_csrf(self, identity: Identity) -> None:
        """Raise ForbiddenError for a form that a page of another site sent."""
        if _bearer_token() is not None:
            return  # no browser adds that by itself
        given = request.form.get(CSRF_FIELD, "") or request.headers.get("X-CSRF-Token", "")
        if not hmac.compare_digest(given.encode(), self.csrf_token(identity).encode()):
            raise ForbiddenError("accounts.other-site")

    def log_in(self, name: str, password: str) -> str:
        """Return the secret of a new session; raises AccountError for a wrong one, TooManyRequestsError after too many or beside others."""
        assert self.accounts is not None
        client, is_name = request.remote_addr or "", is_account_name(name)
        # Counted before the password is looked at, so that attempts at the same time are counted too; a name that is none is no key.
        counted = [(_OF_CLIENT, (client,)), *([(_OF_ACCOUNT, (client, name))] if is_name else [])]
        are_within = [self._limiter.hit(limit, *key) for limit, key in counted]
        if not all(are_within):
            raise TooManyRequestsError("accounts.too-many-attempts")
        # Each takes much memory for a moment.
        if not self._hashing.acquire(timeout=_WAIT_SECONDS):
            raise TooManyRequestsError("web.too-many")
        try:
            secret = self.accounts.log_in(name if is_name else "", password, now=current_time())
        finally:
            self._hashing.release()
        self._limiter.clear(_OF_ACCOUNT, client, name)
        return secret


def _accounts(ledger: "Ledger") -> "Accounts":
    from observance.accounts import Accounts

    return Accounts(ledger)


def _opened(file: Path) -> "Ledger":
    from observance.ledger import Ledger, locate

    return Ledger(locate(file))


def _bearer_token() -> str | None:
    """The token in the request; None if it has none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == _BEARER else None


def access() -> Access:
    """The access control of the application."""
    found: Access = current_app.extensions[Access.KEY]
    return found


def current_identity() -> Identity | None:
    """Who makes the current request; None for anybody."""
    if "identity" not in g:
        g.identity = access().identity()
    identity: Identity | None = g.identity
    return identity


def current_account() -> Account | None:
    """The account of the current request; None for anybody."""
    identity = current_identity()
    return identity.account if identity is not None else None


def install_access(app: Flask, settings: Settings) -> None:
    """Open the ledger of the register, if it is kept in one, and find out for every request who makes it and what is disclosed to them."""
    paths = settings.registers
    if settings.statuses not in TOLD_TO:
        raise UsageError("accounts.bad-statuses", value=ascii(settings.statuses), known=", ".join(TOLD_TO))
    ledger = _opened(paths[0]) if len(paths) == 1 and is_ledger(paths[0]) else None
    app.extensions[Access.KEY] = Access(ledger, settings=settings)
    app.before_request(_disclose)
    app.context_processor(_template_context)


def _disclose() -> None:
    """Set the audience of the request by its account, where there is access control; a file of the program is for anybody."""
    if request.endpoint != "static" and access().is_controlled:
        request.environ[AUDIENCE] = _audience(current_identity())


def _audience(identity: Identity | None) -> Audience:
    if identity is None or not identity.may(READ):
        return PUBLIC
    if identity.reads_all:
        return SECRETARIAT
    party = party_of(identity)
    return party_audience(party) if party else MEMBERS


def _template_context() -> dict[str, Any]:
    try:
        identity = current_identity()
    except AccountError:  # the page of that error
        identity = None
    return {
        "account": identity.account if identity is not None else None,
        "csrf": access().csrf_token(identity) if identity is not None else "",
        "is_controlled": access().is_controlled,
        "has_ledger": access().accounts is not None,
    }


def requires(*scopes: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator for a view that needs an account which may do one of these; a form must come from a page of ours.

    Raises NotFoundError if the register is kept in no ledger, UnauthenticatedError without an account, ForbiddenError for one that may not.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*arguments: Any, **named: Any) -> Any:
            _ = access().ledger
            identity = current_identity()
            if identity is None:
                raise UnauthenticatedError("accounts.needed")
            if not any(map(identity.may, scopes)):
                raise AccountError("accounts.may-not")
            if request.method in _WRITING:
                access().check_csrf(identity)
            return view(*arguments, **named)

        return guarded

    return decorate


def party_of(identity: Identity | None) -> str:
    """The Member or Union of which the account is a contact; empty for any other."""
    return identity.account.party if identity is not None and identity.account.role == CONTACT else ""
