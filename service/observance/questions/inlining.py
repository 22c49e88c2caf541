"""Terms written into a query for another endpoint, because the SPARQL protocol carries no parameters.

The terms become a VALUES block, the one place of SPARQL that holds data, written by pyoxigraph; they open the outermost
group, so that its filters see them as they see a substituted variable. (A VALUES block after the query would be joined
only when the filters and the grouping are done: `FILTER(?date <= ?asOf)` would let nothing through.)
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from observance.core.errors import InconsistentDataError
from observance.core.namespaces import PREFIXES
from observance.questions.term_json import Term
from observance.questions.tokenizer import Token, tokens


def inline_substitutions(text: str, substitutions: Mapping[str, Term]) -> str:
    """The query with its variables bound to the terms; raises Inconsistent where it has no group to hold them."""
    if not substitutions:
        return text
    cut = tuple(tokens(text))
    opening = _outermost(cut)
    closing = _closing(cut, opening=opening)
    values = _block(substitutions)
    first, last = cut[opening].start, cut[closing].start
    if cut[opening + 1].text.lower() == "select":  # a group that is a sub-select holds nothing else
        return f"{text[:first]}{{{values}{text[first:last]}}}}}{text[last + 1 :]}"
    return f"{text[:first]}{{{values}{text[first + 1 :]}"


def with_prefixes(text: str) -> str:
    """The query with the house's prefixes that it uses and does not declare; its line numbers stay."""
    cut = tuple(tokens(text))
    names = [token.text.partition(":")[0] for token in cut if token.kind == "name"]
    own = {token.text.partition(":")[0] for word, token in pairwise(cut) if word.kind == "word" and word.text.lower() == "prefix"}
    used = [name for name in dict.fromkeys(names) if name in PREFIXES and name not in own]
    return "".join(f"PREFIX {name}: <{PREFIXES[name]}> " for name in used) + text


def _block(substitutions: Mapping[str, Term]) -> str:
    names = " ".join(f"?{name}" for name in substitutions)
    terms = " ".join(str(term) for term in substitutions.values())
    return f" VALUES ({names}) {{ ({terms}) }} "


def _outermost(cut: Sequence[Token]) -> int:
    """The bracket that opens the outermost group: the first one, but in CONSTRUCT the one after the template."""
    words = [token.text.lower() for token in cut]
    # The form is the first keyword that opens one; the template of CONSTRUCT is a group of its own.
    form = next((word for word in words if word in ("select", "ask", "construct", "describe")), "")
    braces = [place for place, token in enumerate(cut) if token.kind == "sign" and token.text == "{"]
    if form == "construct" and braces and words[braces[0] - 1] == "construct":
        end = _closing(cut, opening=braces[0])
        braces = [place for place in braces if place > end]
    elif form == "construct":  # CONSTRUCT WHERE { … } is pattern and template in one and holds only triples
        braces = []
    elif form == "select":
        braces = [place for place in braces if _level(cut, place) == 0]
    if not braces:
        raise InconsistentDataError("querying.not-inlined")
    return braces[0]


def _level(cut: Sequence[Token], place: int) -> int:
    """How many round brackets are open at the place: SELECT (EXISTS { … } AS ?x) has a group of another kind."""
    signs = [token.text for token in cut[:place] if token.kind == "sign"]
    return signs.count("(") - signs.count(")")


def _closing(cut: Sequence[Token], *, opening: int) -> int:
    depth = 0
    for place in range(opening, len(cut)):
        if cut[place].kind == "sign":
            depth += {"{": 1, "}": -1}.get(cut[place].text, 0)
        if depth == 0:
            return place
    raise InconsistentDataError("querying.not-inlined")
