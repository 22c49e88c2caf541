"""`observance sparql` and `observance query`: a question in SPARQL or from the catalogue, answered on standard output."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from observance.cli.options import Command, knowledge_option, lang_option, register_option, resolve_language
from observance.cli.options import load_settings as settings_of
from observance.core import NotFoundError, SerializedAnswer, Settings, UsageError, translate
from observance.knowledge_base import KnowledgeBase
from observance.questions import (
    PEOPLE_FORMAT,
    TABLE_FORMATS,
    Question,
    basis_sentence,
    bind_parameters,
    find_question,
    inline_substitutions,
    layer_parameters,
    query_endpoint,
    question_to_json,
    render_text_table,
)

_FORMATS: Final = ("table", "json", "xml", "csv", "tsv", "turtle", "ntriples", "rdfxml", "jsonld")


def _options(command: Command) -> Command:
    """The options that both commands have."""
    for option in (
        lang_option,
        knowledge_option,
        click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Deadline of the query, in seconds."),
        click.option("--endpoint", metavar="URL", help="Ask this SPARQL endpoint instead of the register."),
        register_option,
        click.option("--format", "format_", type=click.Choice(_FORMATS), default="table", show_default=True, help="Format of the answer."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("query", required=False)
@click.option("--file", "-f", "file", type=click.Path(path_type=Path), help="Read the query from this file.")
@_options
def sparql(
    query: str | None, *, file: Path | None, format_: str, registers: tuple[Path, ...], endpoint: str | None, seconds: float | None,
    knowledge: Path | None, lang: str | None,
) -> None:  # fmt: skip
    """Answer a SPARQL QUERY (`-`: from standard input) over the knowledge and a register, by default the demo's."""
    text = _text(query, file=file)
    settings = settings_of(knowledge)
    if endpoint is not None:
        _check_alone(registers)
        answer = _ask_elsewhere(endpoint, text, settings=settings, seconds=seconds, format_=format_)
    else:
        with KnowledgeBase.open(settings, registers=registers) as kb:
            answer = kb.questions.ask(text, format=_wire(format_), deadline=seconds)
    _show(answer, format_=format_, lang=resolve_language(lang))


@click.command()
@click.argument("name", required=False)
@click.option("--param", "-p", "params", metavar="NAME=VALUE", multiple=True, help="A parameter; may be repeated.")
@click.option("--list", "listing", is_flag=True, help="List the queries of the catalogue.")
@_options
def query(
    name: str | None, *, params: tuple[str, ...], listing: bool, format_: str, registers: tuple[Path, ...], endpoint: str | None,
    seconds: float | None, knowledge: Path | None, lang: str | None,
) -> None:  # fmt: skip
    """Answer the query NAME of the catalogue over the knowledge and a register (by default the demo's), or list the catalogue."""
    settings = settings_of(knowledge)
    language = resolve_language(lang)
    if listing == (name is not None):
        raise UsageError("querying.name-or-list")
    values = _values(params)
    with KnowledgeBase.open(settings, registers=registers) as kb:
        if name is None:
            click.echo(_listed(kb.questions.catalogue.questions, format_=format_, lang=language), nl=False)
            return
        question = find_question(name, questions=kb.questions.catalogue.questions)
        values = _in_language(values, question=question, lang=language)
        if endpoint is not None:
            _check_alone(registers)
            _check_asked_elsewhere(question)
            text = _bound(kb, name, values)
            answer = _ask_elsewhere(endpoint, text, settings=settings, seconds=seconds, format_=format_)
        else:
            answer = kb.questions.answer(name, values, format=_wire(format_), deadline=seconds)
    if answer.basis is not None:
        click.echo(basis_sentence(answer.basis, lang=language), err=format_ != "table")
    # What a table repeats in every row because it was asked for says nothing to people.
    without = [param.name for param in question.params if param.type == "lang" or param.name in layer_parameters(question.layers)]
    _show(answer, format_=format_, lang=language, without=without, headed=True)


def _bound(kb: KnowledgeBase, name: str, values: Mapping[str, str]) -> str:
    found = find_question(name, questions=kb.questions.catalogue.questions)
    return inline_substitutions(found.text, bind_parameters(found, values, resolvers=kb.questions.catalogue.resolvers))


def _ask_elsewhere(endpoint: str, text: str, *, settings: Settings, seconds: float | None, format_: str) -> SerializedAnswer:
    deadline = settings.query_seconds if seconds is None else seconds
    return query_endpoint(endpoint, text, settings=settings, deadline=deadline, format="json" if format_ == "table" else format_)


def _check_alone(registers: Sequence[Path]) -> None:
    if registers:
        raise UsageError("querying.endpoint-or-register")


def _check_asked_elsewhere(question: Question) -> None:
    if question.layers:
        raise UsageError("querying.asked-here-only", name=question.name)


def _text(query: str | None, *, file: Path | None) -> str:
    """The query from its one source, as text."""
    if (query is None) == (file is None):
        raise UsageError("querying.one-query")
    if file is None and query != "-":
        return query or ""
    try:
        content = file.read_bytes() if file is not None else sys.stdin.buffer.read()
        return content.decode("utf-8")
    except OSError:
        raise NotFoundError("querying.no-file", name=str(file)) from None
    except UnicodeDecodeError:
        raise UsageError("querying.not-utf8", name=str(file or "-")) from None


def _values(params: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for param in params:
        name, sign, value = param.partition("=")
        if not sign or not name:
            raise UsageError("querying.param-form", text=param)
        if name in values:
            raise UsageError("querying.param-twice", name=name)
        values[name] = value
    return values


def _in_language(values: Mapping[str, str], *, question: Question, lang: str) -> dict[str, str]:
    """The values, with the language of this run for a parameter that is one and was not given."""
    return {**{param.name: lang for param in question.params if param.type == "lang"}, **values}


def _wire(format_: str) -> str:
    """The format to ask for: a table is made from JSON, and a graph is shown as Turtle."""
    return PEOPLE_FORMAT if format_ == "table" else format_


def _show(answer: SerializedAnswer, *, format_: str, lang: str, without: Sequence[str] = (), headed: bool = False) -> None:
    as_table = format_ == "table" and answer.media_type == TABLE_FORMATS["json"].media_type
    click.echo(
        render_text_table(answer.body, lang=lang, excluded=without, translate_headings=headed) if as_table else answer.body, nl=False
    )


def _listed(questions: Sequence[Question], *, format_: str, lang: str) -> str:
    """The catalogue in the order of the names, as JSON or as lines of text."""
    if format_ == "json":
        return json.dumps([question_to_json(question, lang=lang) for question in questions], ensure_ascii=False, indent=2) + "\n"
    if format_ != "table":
        raise UsageError("querying.list-format")
    return "".join(_entry(question, lang=lang) for question in questions)


def _entry(question: Question, *, lang: str) -> str:
    lines = [question.name, f"  {question.summary[lang]}"]
    for param in question.params:
        key = "param-required" if param.required else "param-default" if param.default is not None else "param-optional"
        text = translate(f"querying.{key}", lang, default=param.default)
        lines.append(f"  --param {param.name}=… ({param.type}, {text}) {param.label[lang]}")
    return "\n".join(lines) + "\n"
