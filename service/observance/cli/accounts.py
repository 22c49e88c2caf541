"""`observance account` and `observance token`: who may do what in a register that is kept in a ledger."""

import getpass
import sys
from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click
from msgspec.structs import replace

from observance.accounts import ROLES, SCOPES, Account, Accounts
from observance.cli.options import Command, knowledge_option, lang_option, load_settings, parse_day, resolve_language
from observance.core import UsageError, compact, current_time, translate
from observance.knowledge_base import KnowledgeBase
from observance.ledger import opened_ledger

_PATH: Final = click.Path(path_type=Path)
_TOKEN_DAYS: Final = 90


@click.group()
def account() -> None:
    """Say who may read, send and record in a register that is kept in a ledger."""


@click.group()
def token() -> None:
    """Give programs tokens, by which they are recognised as an account, and take them back."""


def _accounts_command(command: Callable[..., Any]) -> Command:
    """Decorator for a command about the accounts of LEDGER, which are passed on as `accounts`, with who changes them as `by`."""

    @wraps(command)
    def wrapper(*, file: Path, lang: str | None, by: str | None, **arguments: Any) -> Any:
        with opened_ledger(file) as ledger:
            return command(accounts=Accounts(ledger), lang=resolve_language(lang), by=by or getpass.getuser(), **arguments)

    named = click.option("--by", metavar="NAME", help="Who makes the change; by default the user of this machine.")(lang_option(wrapper))
    return click.argument("file", metavar="LEDGER", type=_PATH)(named)


def _password(lang: str) -> str:
    """The password as typed twice, or the first line of standard input where that is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(translate("accounts.ask-password", lang))
    if getpass.getpass(translate("accounts.ask-again", lang)) != first:
        raise UsageError("accounts.passwords-differ")
    return first


@account.command()
@click.argument("file", metavar="LEDGER", type=_PATH)
@click.argument("name")
@click.option("--role", type=click.Choice(tuple(ROLES)), required=True, help="What the account may do.")
@click.option("--title", metavar="TEXT", default="", help="The name of the person or office.")
@click.option("--email", metavar="ADDRESS", default="", help="Where notices go.")
@click.option("--for", "party", metavar="PARTY", help="The Member or Union that a contact is of.")
@click.option("--designated-by", "designation", metavar="NUMBER", type=int, help="The entry of the ledger that designates the contact.")
@click.option("--deputy", "is_deputy", is_flag=True, help="The contact is a deputy.")
@click.option("--until", metavar="DATE", help="The last day on which the account may be used.")
@click.option("--without-password", is_flag=True, help="Only tokens, and a proxy that recognises people, lead to the account.")
@click.option("--by", metavar="NAME", help="Who makes the change; by default the user of this machine.")
@knowledge_option
@lang_option
def add(
    *, file: Path, name: str, party: str | None, until: str | None, without_password: bool, by: str | None,
    knowledge: Path | None, lang: str | None, **stated: Any,
) -> None:  # fmt: skip
    """Create the account NAME in LEDGER; its password is asked for, or read from standard input."""
    language = resolve_language(lang)
    iri = _party(party, file=file, knowledge=knowledge) if party else ""
    new = Account(name=name, party=iri, until=parse_day("--until", until) if until else None, **stated)
    new.check()
    with opened_ledger(file) as ledger:
        password = None if without_password else _password(language)
        Accounts(ledger).create(new, password=password, by=by or getpass.getuser(), now=current_time())
    click.echo(translate("accounts.created", language, name=name, role=new.role))


def _party(code: str, *, file: Path, knowledge: Path | None) -> str:
    with KnowledgeBase.open(load_settings(knowledge), registers=[file]) as kb:
        return kb.lookup.party(code)


@account.command()
@_accounts_command
@click.argument("name")
def disable(*, accounts: Accounts, name: str, by: str, lang: str) -> None:
    """Refuse the account NAME from now on; what it did stays on record."""
    accounts.change(replace(accounts.account(name), is_disabled=True), by=by, now=current_time())
    click.echo(translate("accounts.disabled", lang, name=name))


@account.command()
@_accounts_command
@click.argument("name")
def password(*, accounts: Accounts, name: str, by: str, lang: str) -> None:
    """Give the account NAME another password, and end its sessions."""
    accounts.account(name)
    accounts.set_password(name, _password(lang), by=by, now=current_time())
    click.echo(translate("accounts.password-set", lang, name=name))


@account.command("list")
@_accounts_command
def list_(*, accounts: Accounts, by: str, lang: str) -> None:  # noqa: ARG001 - a list is nobody's
    """Print the accounts of LEDGER."""
    for each in accounts.listed():
        words = [each.name, each.role, *([compact(each.party)] if each.party else []), *([each.until.isoformat()] if each.until else [])]
        click.echo("  ".join([*words, *([translate("accounts.is-disabled", lang)] if each.is_disabled else [])]))


@token.command()
@_accounts_command
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True, help="What it is for; may be repeated.")
@click.option("--title", metavar="TEXT", required=True, help="Which program it is given to.")
@click.option("--until", metavar="DATE", help="Its last day; by default the ninetieth from today.")
def issue(*, accounts: Accounts, name: str, scopes: tuple[str, ...], title: str, until: str | None, by: str, lang: str) -> None:
    """Print a new token of the account NAME, which is shown this once."""
    now = current_time()
    end: date = parse_day("--until", until) if until else now.date() + timedelta(days=_TOKEN_DAYS)
    click.echo(accounts.issue_token(name, scopes=scopes, title=title, expires=end, by=by, now=now))
    click.echo(translate("accounts.token-issued", lang, day=end.isoformat()), err=True)


@token.command()
@_accounts_command
@click.argument("identifier", metavar="TOKEN")
def revoke(*, accounts: Accounts, identifier: str, by: str, lang: str) -> None:
    """Refuse the token TOKEN, which is named by what stands between its first two underscores."""
    accounts.revoke(identifier, by=by, now=current_time())
    click.echo(translate("accounts.token-revoked", lang, id=identifier))


@token.command("list")
@_accounts_command
@click.argument("name")
def list_tokens(*, accounts: Accounts, name: str, by: str, lang: str) -> None:  # noqa: ARG001 - a list is nobody's
    """Print the tokens of the account NAME."""
    accounts.account(name)
    for each in accounts.credentials(name):
        if not each.is_session:
            state = [translate("accounts.is-revoked", lang)] if each.is_revoked else []
            click.echo("  ".join([each.id, each.expires.date().isoformat(), " ".join(each.scopes), each.title, *state]))
