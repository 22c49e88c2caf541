"""The language in which a command speaks, and the options that several commands have."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from observance.core import LANGUAGES, Settings, UsageError, settings_from_environment

Command = Callable[..., Any]


def select_language(asked: str | None, *, environment: Mapping[str, str]) -> str:
    """The language asked for, set, or of the locale; English when none of them is ours."""
    locale = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    wished = (asked, environment.get("OBSERVANCE_LANGUAGE"), locale[:2])
    return next((choice for choice in wished if choice in LANGUAGES), "en")


def resolve_language(asked: str | None) -> str:
    """The language of this run."""
    return select_language(asked, environment=os.environ)


def load_settings(knowledge: Path | None = None) -> Settings:
    """The settings of this run, on the knowledge folder named."""
    environment = dict(os.environ)
    if knowledge is not None:
        environment["OBSERVANCE_KNOWLEDGE"] = str(knowledge)
    return settings_from_environment(environment)


def parse_time(option: str, text: str) -> datetime:
    """The time as it was typed; a day is its beginning in UTC. Raises UsageError for what is neither."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("cli.bad-time", option=option, value=text) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def lang_option(command: Command) -> Command:
    """`--lang fr|en`."""
    return click.option("--lang", type=click.Choice(LANGUAGES), help="Language of what is said; by default that of the locale.")(command)


def knowledge_option(command: Command) -> Command:
    """`--knowledge DIR`."""
    kind = click.Path(path_type=Path)
    return click.option("--knowledge", metavar="DIR", type=kind, help="Another knowledge base: a folder with the four rooms.")(command)


def register_option(command: Command) -> Command:
    """`--register PATH`, repeatable."""
    kind = click.Path(path_type=Path)
    text = "File or folder of a register to open; may be repeated."
    return click.option("--register", "registers", metavar="PATH", multiple=True, type=kind, help=text)(command)
