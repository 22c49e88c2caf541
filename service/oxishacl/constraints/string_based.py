"""String-based constraints (SHACL 1.0, section 4.4)."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

import pyoxigraph as ox

from oxishacl import regex
from oxishacl.data_graph import Index
from oxishacl.report import ValidationResult
from oxishacl.shape import Check, Test, ValidationRun
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import XSD, Term, lexical, sh


def _min_length(declared: ShapeDeclaration) -> Iterator[Test]:
    """4.4.1: « each value node v where the length … is less than $minLength, or where v is a blank node »."""
    least = declared.integer("minLength")
    assert least is not None
    yield Test(declared.source("MinLength", [(sh("minLength"), declared.all("minLength")[0])]), partial(_is_long, least))


def _is_long(least: int, _: Index, value: Term) -> bool:
    text = lexical(value)
    return text is not None and len(text) >= least


def _max_length(declared: ShapeDeclaration) -> Iterator[Test]:
    """4.4.2: « each value node v where the length … is greater than $maxLength, or where v is a blank node »."""
    most = declared.integer("maxLength")
    assert most is not None
    yield Test(declared.source("MaxLength", [(sh("maxLength"), declared.all("maxLength")[0])]), partial(_is_short, most))


def _is_short(most: int, _: Index, value: Term) -> bool:
    text = lexical(value)
    return text is not None and len(text) <= most


def _pattern(declared: ShapeDeclaration) -> Iterator[Test]:
    """4.4.3: « each value node that is a blank node or where the string representation … does not match the regular expression »."""
    flags = declared.text("flags") or ""
    patterns = declared.all("pattern")
    if flags and len(patterns) > 1:
        # A component with several parameters may not have several values of one (section 2.1.3.2).
        raise declared.fault("several-values", "pattern")
    for pattern in patterns:
        if not isinstance(pattern, ox.Literal) or pattern.datatype.value != XSD + "string":
            raise declared.fault("not-a-string", "pattern")
        found = regex.compile_pattern(pattern.value, flags=flags)
        if found is None:
            raise declared.fault("not-a-pattern", "pattern", pattern=pattern.value, flags=flags or "–")
        yield Test(declared.source("Pattern", [(sh("pattern"), pattern)]), partial(_has_match, found))


def _has_match(found: Callable[[str], bool], _: Index, value: Term) -> bool:
    text = lexical(value)
    return text is not None and found(text)


def _language_in(declared: ShapeDeclaration) -> Iterator[Test]:
    """4.4.4: « not a literal or … not have a language tag matching any of the basic language ranges »."""
    head = declared.one("languageIn")
    assert head is not None
    members = declared.members("languageIn", head)
    if any(not isinstance(member, ox.Literal) or member.datatype.value != XSD + "string" for member in members):
        raise declared.fault("not-a-string", "languageIn")
    ranges = tuple(member.value.lower() for member in members if isinstance(member, ox.Literal))
    yield Test(declared.source("LanguageIn", [(sh("languageIn"), member) for member in members]), partial(_speaks, ranges))


def _speaks(ranges: tuple[str, ...], _: Index, value: Term) -> bool:
    """SPARQL's langMatches: the range itself, or it and a hyphen before anything; `*` is any language."""
    if not isinstance(value, ox.Literal) or not value.language:
        return False
    tag = value.language.lower()
    return any(wanted in {"*", tag} or tag.startswith(wanted + "-") for wanted in ranges)


def _unique_lang(declared: ShapeDeclaration) -> Iterator[Check]:
    """4.4.5: « for each non-empty language tag that is used by at least two value nodes, there is a validation result »."""
    path = declared.only_property("uniqueLang")
    source = declared.source("UniqueLang", [(sh("uniqueLang"), declared.all("uniqueLang")[0])])

    def check(_: ValidationRun, focus: Term, values: Sequence[Term], found: list[ValidationResult]) -> None:
        if len(values) > 1:
            tags = Counter(value.language.lower() for value in values if isinstance(value, ox.Literal) and value.language)
            found += (ValidationResult(focus, path, None, source, count=times) for times in tags.values() if times > 1)

    # Only « true » is a constraint; « 1 » is not the same literal.
    if declared.flag("uniqueLang") and source.parameters[0][1].value == "true":
        yield check


BUILDERS: Final = {
    "minLength": _min_length,
    "maxLength": _max_length,
    "pattern": _pattern,
    "languageIn": _language_in,
    "uniqueLang": _unique_lang,
}
