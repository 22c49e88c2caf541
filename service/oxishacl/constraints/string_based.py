"""String-based constraints (SHACL 1.0, section 4.4)."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

import pyoxigraph as ox

from oxishacl.data_graph import Index
from oxishacl.regex import PatternError, compile_pattern
from oxishacl.report import ValidationResult
from oxishacl.shape import ValidationContext, ValueCheck, ValueTest
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import XSD, Term, sh, string_value


def _min_length(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """4.4.1: « each value node v where the length … is less than $minLength, or where v is a blank node »."""
    min_length = declaration.count("minLength")
    assert min_length is not None
    yield ValueTest(
        declaration.result_source("MinLength", [(sh("minLength"), declaration.values("minLength")[0])]),
        partial(_has_min_length, min_length),
    )


def _has_min_length(min_length: int, _: Index, value: Term) -> bool:
    text = string_value(value)
    return text is not None and len(text) >= min_length


def _max_length(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """4.4.2: « each value node v where the length … is greater than $maxLength, or where v is a blank node »."""
    max_length = declaration.count("maxLength")
    assert max_length is not None
    yield ValueTest(
        declaration.result_source("MaxLength", [(sh("maxLength"), declaration.values("maxLength")[0])]),
        partial(_has_max_length, max_length),
    )


def _has_max_length(max_length: int, _: Index, value: Term) -> bool:
    text = string_value(value)
    return text is not None and len(text) <= max_length


def _pattern(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """4.4.3: « each value node that is a blank node or where the string representation … does not match the regular expression »."""
    flags = declaration.string("flags") or ""
    patterns = declaration.values("pattern")
    if flags and len(patterns) > 1:
        # A component with several parameters may not have several values of one (section 2.1.3.2).
        raise declaration.error("several-values", "pattern")
    for pattern in patterns:
        if not isinstance(pattern, ox.Literal) or pattern.datatype.value != XSD + "string":
            raise declaration.error("not-a-string", "pattern")
        try:
            matches = compile_pattern(pattern.value, flags=flags)
        except PatternError as error:
            raise declaration.error("not-a-pattern", "pattern", pattern=pattern.value, detail=error) from None
        yield ValueTest(declaration.result_source("Pattern", [(sh("pattern"), pattern)]), partial(_has_match, matches))


def _has_match(matches: Callable[[str], bool], _: Index, value: Term) -> bool:
    text = string_value(value)
    return text is not None and matches(text)


def _language_in(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """4.4.4: « not a literal or … not have a language tag matching any of the basic language ranges »."""
    head = declaration.single_value("languageIn")
    assert head is not None
    members = declaration.list_members("languageIn", head)
    if any(not isinstance(member, ox.Literal) or member.datatype.value != XSD + "string" for member in members):
        raise declaration.error("not-a-string", "languageIn")
    ranges = tuple(member.value.lower() for member in members if isinstance(member, ox.Literal))
    yield ValueTest(
        declaration.result_source("LanguageIn", [(sh("languageIn"), member) for member in members]), partial(_matches_language, ranges)
    )


def _matches_language(ranges: tuple[str, ...], _: Index, value: Term) -> bool:
    """SPARQL's langMatches: the tag equals a range or begins with the range and a hyphen; `*` matches any tag."""
    if not isinstance(value, ox.Literal) or not value.language:
        return False
    tag = value.language.lower()
    return any(range_ in {"*", tag} or tag.startswith(range_ + "-") for range_ in ranges)


def _unique_lang(declaration: ShapeDeclaration) -> Iterator[ValueCheck]:
    """4.4.5: « for each non-empty language tag that is used by at least two value nodes, there is a validation result »."""
    path = declaration.required_path("uniqueLang")
    source = declaration.result_source("UniqueLang", [(sh("uniqueLang"), declaration.values("uniqueLang")[0])])

    def check(_: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        if len(values) > 1:
            # SHACL 1.2: the same language in another direction is another tag.
            literals = [value for value in values if isinstance(value, ox.Literal) and value.language]
            tags = Counter((literal.language, literal.direction) for literal in literals)
            results += (ValidationResult(focus_node, path, None, source, count=count) for count in tags.values() if count > 1)

    # 4.4.5 names the literal true; « 1 » is another literal.
    if declaration.boolean("uniqueLang") and source.parameters[0][1].value == "true":
        yield check


BUILDERS: Final = {
    "minLength": _min_length,
    "maxLength": _max_length,
    "pattern": _pattern,
    "languageIn": _language_in,
    "uniqueLang": _unique_lang,
}
