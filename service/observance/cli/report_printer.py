"""Outcomes printed one by one, as soon as they are there: however many there are, few are held in memory."""

import json
import textwrap
from typing import Any, Final

import click
import pyoxigraph as ox

from observance.core.errors import ObservanceError
from observance.core.i18n import LANGUAGES, translate
from observance.core.model import Report
from observance.core.namespaces import RDFS
from observance.rdf.turtle_writer import turtle
from observance.submissions import report as written
from observance.submissions.report_sarif import as_sarif
from observance.submissions.report_turtle import as_turtle

Outcome = Report | tuple[str, ObservanceError]
"""The report on a file, or its name and why it could not be read."""

_UNREAD: Final = 2


class Printer:
    """Prints outcomes on standard output in one format, faults on standard error; `code` is the exit code so far."""

    def __init__(self, form: str, *, lang: str, several: bool, keep: bool) -> None:
        """Nothing is printed yet; `kept` holds the outcomes when they are to be kept, or when the format needs all of them."""
        self.form, self.lang, self.several = form, lang, several
        self.kept: list[Outcome] = []
        self.code = self.count = 0
        self._keep = keep or form == "sarif"

    def print(self, outcome: Outcome) -> None:
        """Print one outcome."""
        self.count += 1
        self.code = max(self.code, code(outcome))
        if self._keep:
            self.kept.append(outcome)
        if not isinstance(outcome, Report):
            click.echo(outcome[1].sentence(self.lang), err=True)
        if self.form == "json":
            self._item(_object(outcome))
        elif isinstance(outcome, Report) and self.form == "text":
            click.echo(written.as_text(outcome, lang=self.lang))
        elif isinstance(outcome, Report) and self.form == "turtle":
            click.echo(as_turtle([outcome], first=self.count), nl=False)

    def end(self, *, count: int) -> None:
        """End what was printed; where not all of so many files were validated, it says so, and the exit code is that of a fault."""
        left = count > self.count
        said = {lang: translate("cli.partial", lang, done=self.count, count=count) for lang in LANGUAGES} if left else {}
        if left:
            self.code = _UNREAD
        if self.form == "json" and self.several:
            if left:
                self._item({"partial": True, "validated": self.count, "files": count, "message": said})
            click.echo("\n]" if self.count or left else "[]")
        elif self.form == "sarif":
            self._end_sarif(said)
        elif self.form == "turtle" and left:
            node = ox.BlankNode("partial")
            click.echo(turtle([_comment(node, text, lang) for lang, text in said.items()]), nl=False)
        elif self.form == "text" and left:
            click.echo(said[self.lang])

    def _item(self, item: dict[str, Any]) -> None:
        text = json.dumps(item, ensure_ascii=False, indent=2)
        if not self.several:
            click.echo(text)
            return
        first = (self.count == 1 and "partial" not in item) or not self.count
        click.echo(("[\n" if first else ",\n") + textwrap.indent(text, "  "), nl=False)

    def _end_sarif(self, said: dict[str, str]) -> None:
        errors = [(outcome[0], outcome[1].sentence(self.lang)) for outcome in self.kept if not isinstance(outcome, Report)]
        errors += [("", said[self.lang])] if said else []
        click.echo(as_sarif([outcome for outcome in self.kept if isinstance(outcome, Report)], lang=self.lang, errors=errors))


def code(outcome: Outcome) -> int:
    """The exit code for one outcome: 0 nothing to repair, 1 something, 2 not readable."""
    return _UNREAD if not isinstance(outcome, Report) else int(not outcome.processable)


def _object(outcome: Outcome) -> dict[str, Any]:
    return written.as_object(outcome) if isinstance(outcome, Report) else {"file": outcome[0], "error": outcome[1].sentences()}


def _comment(node: ox.BlankNode, text: str, lang: str) -> ox.Triple:
    return ox.Triple(node, ox.NamedNode(RDFS + "comment"), ox.Literal(text, language=lang))
