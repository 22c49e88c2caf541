"""The command line: `observance COMMAND`. Results go to standard output, everything else to standard error.

Exit codes of every command: 0 done (validate: nothing to repair), 1 findings to repair, 2 not readable, refused, over a limit,
misused or interrupted. Never above 2, never a traceback.
"""

import gc
import importlib
import keyword
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from observance.cli.options import select_language
from observance.core import VERSION, ObservanceError, translate

__all__ = ["main"]

# Commands are imported on first use: most need neither pySHACL nor Flask. In the order in which a newcomer needs them.
_COMMANDS: Final = {
    "validate": "observance.cli.validate",
    "template": "observance.cli.knowledge",
    "workbook": "observance.cli.workbooks",
    "sparql": "observance.cli.questions",
    "query": "observance.cli.questions",
    "search": "observance.cli.search",
    "register": "observance.cli.register",
    "receipt": "observance.cli.receipts",
    "account": "observance.cli.accounts",
    "token": "observance.cli.accounts",
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
    "knowledge": "observance.cli.knowledge",
    "serve": "observance.cli.serve",
    "check": "observance.cli.check",
}


_GC_THRESHOLD: Final = 200_000


class LazyGroup(click.Group):
    """A group of commands that are imported on first use; `table` maps the name of each to the module that defines it."""

    def __init__(self, *, table: Mapping[str, str], **attributes: Any) -> None:
        """Import no module yet: `get_command` does."""
        super().__init__(**attributes)
        self._table = table

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names of the commands, in the order of the table."""
        return list(self._table)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, its module imported; None if the table has no such name."""
        module = self._table.get(cmd_name)
        if module is None:
            return None
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=LazyGroup, table=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="observance")
def cli() -> None:
    """Resolution as code: what the WCO resolution on cross-border e-commerce says should be done, and what is on record."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code."""
    # The knowledge is hundreds of thousands of objects that live until the end: collecting garbage among them is wasted time.
    gc.set_threshold(_GC_THRESHOLD, 10, 10)
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code; every error is printed as one sentence."""
    lang = select_language(_lang_argument(arguments), environment=os.environ)
    try:
        code = cli.main(args=arguments, prog_name="observance", standalone_mode=False)
        sys.stdout.flush()
    except ObservanceError as error:
        return _report_error(error.sentence(lang))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        help_command = f"{error.ctx.command_path} --help" if isinstance(error, click.UsageError) and error.ctx else "observance --help"
        return _report_error(translate("cli.usage", lang, problem=error.format_message(), help=help_command))
    except BrokenPipeError:
        # The reader closed the pipe. Without this, Python reports a second error when it flushes standard output at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except (KeyboardInterrupt, click.Abort):
        return _report_error(translate("cli.interrupted", lang))
    except Exception as error:  # noqa: BLE001 - the outermost handler: a programming error is reported in one sentence too
        return _report_error(translate("cli.fault", lang, kind=type(error).__name__, detail=" ".join(str(error).split())[:200]))
    return code if isinstance(code, int) else 0


def _lang_argument(arguments: Sequence[str]) -> str | None:
    """The value of `--lang` at any position, for errors in arguments that click cannot parse."""
    for argument, value in zip(arguments, [*arguments[1:], ""], strict=False):
        if argument == "--lang":
            return value
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
    return None


def _report_error(sentence: str) -> int:
    click.echo(sentence, err=True)
    return 2
