"""Logical constraints (SHACL 1.0, section 4.6); the results of the shapes that failed are kept as causes."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from observance.shacl.declaration import Declaration
from observance.shacl.result import Result, Source
from observance.shacl.shape import Check, Run, Shape
from observance.shacl.terms import Term, sh

Causes = tuple[Result, ...]
Verdict = Callable[[Sequence[Shape], Run, Term], Causes | None]


def _listed(declared: Declaration, *, name: str, verdict: Verdict) -> Iterator[Check]:
    for head in declared.all(name):
        shapes = [declared.shape(name, member) for member in declared.members(name, head)]
        yield _judged(declared.source(name.capitalize(), [(sh(name), head)]), shapes, verdict)


def _judged(source: Source, shapes: Sequence[Shape], verdict: Verdict) -> Check:
    path = source.path

    def check(run: Run, focus: Term, values: Sequence[Term], found: list[Result]) -> None:
        for value in values:
            causes = verdict(shapes, run, value)
            if causes is not None:
                found.append(Result(focus, path, value, source, causes))

    return check


def _not(declared: Declaration) -> Iterator[Check]:
    """4.6.1: « each value node that conforms to the shape $not »."""
    for value, shape in declared.shapes("not"):
        yield _judged(declared.source("Not", [(sh("not"), value)]), (shape,), _conforms)


def _conforms(shapes: Sequence[Shape], run: Run, value: Term) -> Causes | None:
    return () if not shapes[0].causes(run, value) else None


def _all(shapes: Sequence[Shape], run: Run, value: Term) -> Causes | None:
    """4.6.2: « each value node that does not conform to each member of $and »."""
    causes = [cause for shape in shapes for cause in shape.causes(run, value)]
    return tuple(causes) or None


def _any(shapes: Sequence[Shape], run: Run, value: Term) -> Causes | None:
    """4.6.3: « each value node that conforms to none of the members of $or »."""
    found: list[Result] = []
    for shape in shapes:
        causes = shape.causes(run, value)
        if not causes:
            return None
        found += causes
    return tuple(found)


def _one(shapes: Sequence[Shape], run: Run, value: Term) -> Causes | None:
    """4.6.4: « each value node that conforms to less or more than exactly one of the members of $xone »; no cause when to more."""
    causes = [shape.causes(run, value) for shape in shapes]
    conforming = sum(not each for each in causes)
    if conforming == 1:
        return None
    return () if conforming else tuple(cause for each in causes for cause in each)


BUILDERS: Final = {
    "not": _not,
    "and": partial(_listed, name="and", verdict=_all),
    "or": partial(_listed, name="or", verdict=_any),
    "xone": partial(_listed, name="xone", verdict=_one),
}
