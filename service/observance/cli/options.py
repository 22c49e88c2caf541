"""The language of messages, and the options that several commands share."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from observance.core import LANGUAGES, Settings, UsageError, settings_from_environment

Command = Callable[..., Any]


def select_language(requested: str | None, *, environment: Mapping[str, str]) -> str:
    """The first supported language among the requested one, OBSERVANCE_LANGUAGE and the locale; else English."""
    locale = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    candidates = (requested, environment.get("OBSERVANCE_LANGUAGE"), locale[:2])
    return next((lang for lang in candidates if lang in LANGUAGES), "en")


def resolve_language(requested: str | None) -> str:
    """The language of this process, with `requested` from `--lang`."""
    return select_language(requested, environment=os.environ)


def load_settings(knowledge: Path | None = None) -> Settings:
    """The settings from the environment, with `knowledge` as the folder of the knowledge base if given."""
    environment = dict(os.environ)
    if knowledge is not None:
        environment["OBSERVANCE_KNOWLEDGE"] = str(knowledge)
    return settings_from_environment(environment)


def parse_time(option: str, text: str) -> datetime:
    """The time in UTC of an ISO time or day (its beginning), UTC if without offset; raises UsageError for any other text."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("cli.bad-time", option=option, value=text) from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def parse_day(option: str, text: str) -> date:
    """The day of an ISO date; raises UsageError for any other text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("cli.bad-day", option=option, value=text) from None


def lang_option(command: Command) -> Command:
    """Decorator for `--lang fr|en`."""
    return click.option("--lang", type=click.Choice(LANGUAGES), help="Language of what is said; by default that of the locale.")(command)


def knowledge_option(command: Command) -> Command:
    """Decorator for `--knowledge DIR`."""
    kind = click.Path(path_type=Path)
    return click.option("--knowledge", metavar="DIR", type=kind, help="Another knowledge base: a folder with the four rooms.")(command)


def register_option(command: Command) -> Command:
    """Decorator for `--register PATH`, repeatable: the parameter `registers`."""
    kind = click.Path(path_type=Path)
    help_text = "File or folder of a register to open; may be repeated."
    return click.option("--register", "registers", metavar="PATH", multiple=True, type=kind, help=help_text)(command)
