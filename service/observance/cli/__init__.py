"""The command line: `observance COMMAND`. Results go to standard output, everything else to standard error.

Exit codes of every command: 0 done (validate: nothing to repair), 1 findings to repair, 2 not readable, refused, over a limit,
misused or interrupted. Never above 2, never a traceback.
"""

import gc
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from observance.cli.options import select_language
from observance.core import VERSION, ObservanceError, translate

__all__ = ["main"]

# A command is imported when it is called: most need neither pySHACL nor Flask. The order is that in which a newcomer needs them.
_COMMANDS: Final = {
    "validate": "observance.cli.validate",
    "template": "observance.cli.knowledge",
    "sparql": "observance.cli.questions",
    "query": "observance.cli.questions",
    "relay": "observance.cli.notifications",
    "demo": "observance.cli.knowledge",
    "assess": "observance.cli.assessment",
    "explain": "observance.cli.assessment",
    "readings": "observance.cli.assessment",
    "diff": "observance.cli.assessment",
    "rules": "observance.cli.rules",
    "meeting": "observance.cli.meetings",
    "counts": "observance.cli.meetings",
    "benchmark": "observance.cli.meetings",
    "document": "observance.cli.knowledge",
    "serve": "observance.cli.serve",
    "check": "observance.cli.check",
}


_MANY_OBJECTS: Final = 200_000


class Commands(click.Group):
    """The commands of a table from name to module, in its order; the module has the command under its name."""

    def __init__(self, *, table: Mapping[str, str], **attributes: Any) -> None:
        """No module is imported before its command is called."""
        super().__init__(**attributes)
        self._table = table

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Their names."""
        return list(self._table)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None if there is none."""
        module = self._table.get(cmd_name)
        if module is None:
            return None
        command: click.Command = getattr(importlib.import_module(module), cmd_name)
        return command


@click.group(cls=Commands, table=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="observance")
def cli() -> None:
    """Resolution as code: what the WCO resolution on cross-border e-commerce says should be done, and what is on record."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code."""
    # Reading the knowledge makes hundreds of thousands of objects that stay: looking through them for rubbish finds none.
    gc.set_threshold(_MANY_OBJECTS, 10, 10)
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """The exit code of a command, after it has said what it has to say."""
    lang = select_language(_asked(arguments), environment=os.environ)
    try:
        code = cli.main(args=arguments, prog_name="observance", standalone_mode=False)
        sys.stdout.flush()
    except ObservanceError as error:
        return _failed(error.sentence(lang))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        where = f"{error.ctx.command_path} --help" if isinstance(error, click.UsageError) and error.ctx else "observance --help"
        return _failed(translate("cli.usage", lang, problem=error.format_message(), help=where))
    except BrokenPipeError:
        # Who reads us has seen enough; Python would complain once more on closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except (KeyboardInterrupt, click.Abort):
        return _failed(translate("cli.interrupted", lang))
    except Exception as error:  # noqa: BLE001 - the last place: a fault of ours is one sentence too
        return _failed(translate("cli.fault", lang, kind=type(error).__name__, detail=" ".join(str(error).split())[:200]))
    return code if isinstance(code, int) else 0


def _asked(arguments: Sequence[str]) -> str | None:
    """The value of --lang, wherever it stands: errors are told in it even when nothing else can be understood."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=False):
        if argument == "--lang":
            return following
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
    return None


def _failed(sentence: str) -> int:
    click.echo(sentence, err=True)
    return 2
