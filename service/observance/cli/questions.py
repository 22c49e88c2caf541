"""`observance sparql` and `observance query`: the answer to a query or to a question of the catalogue."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from observance.cli.exports import XLSX, export_request, output_option, write_workbook
from observance.cli.options import Command, knowledge_option, lang_option, register_option, resolve_language
from observance.cli.options import load_settings as settings_of
from observance.core import NotFoundError, SerializedAnswer, Settings, UsageError, translate
from observance.knowledge_base import KnowledgeBase
from observance.questions import (
    PEOPLE_FORMAT,
    TABLE_FORMATS,
    Question,
    QuestionRequest,
    basis_sentence,
    bind_parameters,
    bound_text,
    find_question,
    layer_parameters,
    query_endpoint,
    question_to_json,
    render_text_table,
)

_FORMATS: Final = ("table", "json", "xml", "csv", "tsv", "turtle", "ntriples", "rdfxml", "jsonld")


def _query_options(command: Command) -> Command:
    """Decorator for the options of both commands."""
    for option in (
        lang_option,
        knowledge_option,
        click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Deadline of the query, in seconds."),
        click.option("--endpoint", metavar="URL", help="Ask this SPARQL endpoint instead of the register."),
        register_option,
    ):
        command = option(command)
    return command


@click.command()
@click.argument("query", required=False)
@click.option("--file", "-f", "file", type=click.Path(path_type=Path), help="Read the query from this file.")
@click.option("--format", type=click.Choice(_FORMATS), default="table", show_default=True, help="Format of the answer.")
@_query_options
def sparql(
    query: str | None, *, file: Path | None, format: str, registers: tuple[Path, ...], endpoint: str | None, seconds: float | None,
    knowledge: Path | None, lang: str | None,
) -> None:  # fmt: skip
    """Answer a SPARQL QUERY (`-`: from standard input) over the knowledge and a register, by default the demo's."""
    text = _read_query(query, file=file)
    settings = settings_of(knowledge)
    if endpoint is not None:
        _check_no_register(registers)
        answer = _query_endpoint(endpoint, text, settings=settings, seconds=seconds, format=format)
    else:
        with KnowledgeBase.open(settings, registers=registers) as kb:
            kb.workers.start()
            answer = kb.questions.ask(text, format=_requested_format(format), deadline=seconds)
    _print_answer(answer, format=format, lang=resolve_language(lang))


@click.command()
@click.argument("name", required=False)
@click.option("--param", "-p", "params", metavar="NAME=VALUE", multiple=True, help="A parameter; may be repeated.")
@click.option("--list", "listing", is_flag=True, help="List the queries of the catalogue.")
@click.option("--format", type=click.Choice((*_FORMATS, XLSX)), default="table", show_default=True, help="Format of the answer.")
@output_option
@_query_options
def query(
    name: str | None, *, params: tuple[str, ...], listing: bool, format: str, registers: tuple[Path, ...], endpoint: str | None,
    seconds: float | None, knowledge: Path | None, lang: str | None, output: Path | None,
) -> None:  # fmt: skip
    """Answer the query NAME of the catalogue over the knowledge and a register (by default the demo's), or list the catalogue."""
    settings = settings_of(knowledge)
    language = resolve_language(lang)
    if listing == (name is not None):
        raise UsageError("querying.name-or-list")
    values = _parse_params(params)
    if output is not None and format != XLSX:
        raise UsageError("exports.output-of-a-workbook")
    with KnowledgeBase.open(settings, registers=registers) as kb:
        if endpoint is None and not listing:
            kb.workers.start()  # it loads while the catalogue is read here
        if name is None:
            click.echo(_format_catalogue(kb.questions.catalogue.questions, format=format, lang=language), nl=False)
            return
        question = find_question(name, questions=kb.questions.catalogue.questions)
        values = _with_language(values, question=question, lang=language)
        if endpoint is not None:
            _check_no_register(registers)
            _check_no_layers(question)
            _check_no_workbook(format)
            text = _bound_text(kb, name, values)
            answer = _query_endpoint(endpoint, text, settings=settings, seconds=seconds, format=format)
        elif format == XLSX:
            asked = export_request(QuestionRequest(name=name, format="json", params=values), kb=kb, lang=language)
            answer = kb.workers.call(asked, deadline=seconds or settings.assess_seconds)
            write_workbook(answer.body, output=output)
            return
        else:
            answer = kb.questions.answer(name, values, format=_requested_format(format), deadline=seconds)
    if answer.basis is not None:
        click.echo(basis_sentence(answer.basis, lang=language), err=format != "table")
    # A column that repeats a parameter in every row is useless to people.
    excluded = [param.name for param in question.params if param.type == "lang" or param.name in layer_parameters(question.layers)]
    _print_answer(answer, format=format, lang=language, excluded=excluded, translate_headings=True)


def _bound_text(kb: KnowledgeBase, name: str, values: Mapping[str, str]) -> str:
    question = find_question(name, questions=kb.questions.catalogue.questions)
    return bound_text(question, bind_parameters(question, values, resolvers=kb.questions.catalogue.resolvers))


def _query_endpoint(endpoint: str, text: str, *, settings: Settings, seconds: float | None, format: str) -> SerializedAnswer:
    deadline = settings.query_seconds if seconds is None else seconds
    return query_endpoint(endpoint, text, settings=settings, deadline=deadline, format="json" if format == "table" else format)


def _check_no_register(registers: Sequence[Path]) -> None:
    if registers:
        raise UsageError("querying.endpoint-or-register")


def _check_no_layers(question: Question) -> None:
    if question.layers:
        raise UsageError("querying.asked-here-only", name=question.name)


def _check_no_workbook(format: str) -> None:
    if format == XLSX:
        raise UsageError("exports.asked-here-only")


def _read_query(query: str | None, *, file: Path | None) -> str:
    """The query from the argument, the file or standard input; raises UsageError or NotFoundError if none can be read as UTF-8."""
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


def _parse_params(params: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for param in params:
        name, sign, value = param.partition("=")
        if not sign or not name:
            raise UsageError("querying.param-form", text=param)
        if name in values:
            raise UsageError("querying.param-twice", name=name)
        values[name] = value
    return values


def _with_language(values: Mapping[str, str], *, question: Question, lang: str) -> dict[str, str]:
    """The values, with the language of this process for a parameter of type `lang` without a value."""
    return {**{param.name: lang for param in question.params if param.type == "lang"}, **values}


def _requested_format(format: str) -> str:
    """The format to request: `table` stands for JSON or Turtle, whichever fits the query form."""
    return PEOPLE_FORMAT if format == "table" else format


def _print_answer(
    answer: SerializedAnswer, *, format: str, lang: str, excluded: Sequence[str] = (), translate_headings: bool = False
) -> None:
    as_table = format == "table" and answer.media_type == TABLE_FORMATS["json"].media_type
    click.echo(
        render_text_table(answer.body, lang=lang, excluded=excluded, translate_headings=translate_headings) if as_table else answer.body,
        nl=False,
    )


def _format_catalogue(questions: Sequence[Question], *, format: str, lang: str) -> str:
    """The list of questions as JSON or as text; raises UsageError for another format."""
    if format == "json":
        return json.dumps([question_to_json(question, lang=lang) for question in questions], ensure_ascii=False, indent=2) + "\n"
    if format != "table":
        raise UsageError("querying.list-format")
    return "".join(_catalogue_entry(question, lang=lang) for question in questions)


def _catalogue_entry(question: Question, *, lang: str) -> str:
    lines = [question.name, f"  {question.summary[lang]}"]
    for param in question.params:
        key = "param-required" if param.required else "param-default" if param.default is not None else "param-optional"
        text = translate(f"querying.{key}", lang, default=param.default)
        lines.append(f"  --param {param.name}=… ({param.type}, {text}) {param.label[lang]}")
    return "\n".join(lines) + "\n"
