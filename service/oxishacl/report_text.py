"""A result in words: the author's messages with their placeholders filled, and terms in Turtle's syntax."""

from typing import Final

import pyoxigraph as ox

from oxishacl.errors import messages
from oxishacl.report import ValidationResult
from oxishacl.terms import OWL, RDF, RDFS, SH, XSD, Term, sh, string_value

PREFIXES: Final = {"owl": OWL, "rdf": RDF, "rdfs": RDFS, "sh": SH, "xsd": XSD}


def message(code: str, lang: str, **values: object) -> str:
    """The sentence of `messages.json` in the language."""
    return messages()[code][lang].format(**values)


def sentences(result: ValidationResult, lang: str, *, as_strings: bool = False) -> list[tuple[str, str]]:
    """The messages as (text, language or empty): that of the SPARQL solution, else the shape's, else the constraint's parameters.

    `as_strings`: placeholders are filled with what SPARQL's STR() gives, not with terms in Turtle's syntax.
    """
    literals = (result.message,) if result.message is not None else result.messages
    if literals:
        return [(_filled(literal.value, result, as_strings=as_strings), literal.language or "") for literal in literals]
    if result.component == sh("SPARQLConstraintComponent"):
        return [(message("found-by-query", lang), lang)]
    constraint = "; ".join(f"{compact(name)} {compact(value)}" for name, value in result.source.parameters) or compact(result.component)
    return [(message("required", lang, constraint=constraint), lang)]


def _filled(text: str, result: ValidationResult, *, as_strings: bool) -> str:
    """The message with the placeholders `{?name}` and `{$name}` filled (SHACL 1.0, section 5.3.2)."""
    show = _string if as_strings else compact
    path = None if result.path is None else result.path.sparql
    if as_strings and result.path is not None and isinstance(result.path.node, ox.NamedNode):
        path = result.path.node.value
    values = {"this": show(result.focus), "path": path, "value": None if result.value is None else show(result.value)}
    for name, value in {**values, **{name: show(term) for name, term in result.bindings}}.items():
        if value is not None:
            text = text.replace(f"{{?{name}}}", value).replace(f"{{${name}}}", value)
    return text


def _string(term: Term) -> str:
    text = string_value(term)
    return str(term) if text is None else text


def compact(term: Term) -> str:
    """The term in Turtle's syntax, with the prefixes of the W3C vocabularies."""
    if isinstance(term, ox.NamedNode):
        for prefix, base in PREFIXES.items():
            if term.value.startswith(base) and term.value.removeprefix(base).isalnum():
                return f"{prefix}:{term.value.removeprefix(base)}"
    if isinstance(term, ox.Literal) and not term.language and term.datatype.value != XSD + "string":
        return f"{ox.Literal(term.value)}^^{compact(term.datatype)}"
    return str(term)
