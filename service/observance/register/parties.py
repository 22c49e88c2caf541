"""The parties that a register declares: parties of a list of the knowledge, or parties of its own in the namespace of a list.

A list of parties that has a namespace (`void:uriSpace`) is open: a register may add parties whose IRIs lie in it. It describes them
itself, as the lists describe theirs.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.core import LANGUAGES, OBS, PREFIXES, RDF, SKOS, InconsistentDataError, compact, local_name, nearest_iri
from observance.knowledge import Knowledge

_LISTED_IN: Final = OBS + "listedIn"
_LISTED_PARTY: Final = OBS + "ListedParty"
# A local name becomes part of the IRIs of duties, and is what users write for the party.
_LOCAL_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")

Values = Mapping[str, Sequence[ox.NamedNode | ox.Literal]]
"""What the register says of a party: the objects by predicate."""


def check_parties(declarations: Iterable[tuple[str, str]], quads: Iterable[tuple[ox.Quad, str]], *, knowledge: Knowledge) -> None:
    """Check the declared parties of a register with these quads, each with the name of the document that holds it.

    Raises InconsistentDataError for a party on no list, for a party of the register's own that is not described in full or has the code
    of another, and for parties of several lists: real and invented parties must never appear in the same answer. Its value `name` is the
    name of the document at fault.
    """
    lists = PartyLists(knowledge, {iri: space for iri in knowledge.instances(OBS + "PartyList") for space in _space(iri, knowledge)})
    described = lists.described(quads)
    codes = {local_name(party).casefold(): party for party in knowledge.instances(_LISTED_PARTY)}
    party_by_list: dict[str, str] = {}
    for party, name in declarations:
        listed = next(iter(knowledge.objects(party, _LISTED_IN)), None)
        if listed is None:
            listed = lists.check_own(party, described[party], name=name)
            other = codes.setdefault(local_name(party).casefold(), party)
            if other != party:
                raise InconsistentDataError("validate.party-code-taken", name=name, party=compact(party), other=compact(other))
        party_by_list.setdefault(listed, party)
        if len(party_by_list) > 1:
            first, second = map(compact, party_by_list.values())
            raise InconsistentDataError("validate.mixed-register", name=name, one=first, other=second)


def _space(party_list: str, knowledge: Knowledge) -> tuple[str, ...]:
    return knowledge.objects(party_list, PREFIXES["void"] + "uriSpace")


class PartyLists(Struct, frozen=True):
    """The lists of parties that registers may add to: `spaces` holds the namespace of each."""

    knowledge: Knowledge
    spaces: Mapping[str, str]

    def described(self, quads: Iterable[tuple[ox.Quad, str]]) -> Mapping[str, Values]:
        """What the quads say of the nodes in the namespaces; raises InconsistentDataError if they put any other node on a list."""
        described: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = defaultdict(lambda: defaultdict(list))
        known_lists = frozenset(self.knowledge.instances(OBS + "PartyList"))
        namespaces = tuple(self.spaces.values())
        for quad, name in quads:
            subject, value = quad.subject, quad.object
            if not isinstance(subject, ox.NamedNode) or not isinstance(value, ox.NamedNode | ox.Literal):
                continue
            if subject.value.startswith(namespaces):
                described[subject.value][quad.predicate.value].append(value)
            elif quad.predicate.value == _LISTED_IN and value.value in known_lists:
                raise self._unlisted("validate.party-listed-by-register", subject.value, name=name)
        return described

    def check_own(self, party: str, values: Values, *, name: str) -> str:
        """Return the list of a party of the register's own; raises InconsistentDataError if the register does not describe it in full."""
        listed = next((iri for iri, space in self.spaces.items() if party.startswith(space)), None)
        if listed is None:
            raise self._unlisted("validate.unlisted", party, name=name)
        code = party.removeprefix(self.spaces[listed])
        if not _LOCAL_NAME.fullmatch(code):
            raise InconsistentDataError("validate.party-name", name=name, party=compact(party))
        missing = tuple(self._missing(values, listed=listed, code=code))
        if missing:
            raise InconsistentDataError("validate.party-undescribed", name=name, party=compact(party), missing=", ".join(missing))
        return listed

    def _missing(self, values: Values, *, listed: str, code: str) -> Iterable[str]:
        """Yield what the register should say of the party and does not, in Turtle's notation."""
        types = {value.value for value in values.get(RDF + "type", ())}
        if _LISTED_PARTY not in types:
            yield f"a {compact(_LISTED_PARTY)}"
        if self._kinds and not types & set(self._kinds):
            yield "a " + " / ".join(map(compact, self._kinds))
        if [value.value for value in values.get(_LISTED_IN, ())] != [listed]:
            yield f"{compact(_LISTED_IN)} {compact(listed)}"
        if [value.value for value in values.get(SKOS + "notation", ())] != [code]:
            yield f'{compact(SKOS + "notation")} "{code}"'
        languages = {label.language for label in values.get(SKOS + "prefLabel", ()) if isinstance(label, ox.Literal)}
        yield from (f'{compact(SKOS + "prefLabel")} "…"@{language}' for language in LANGUAGES if language not in languages)

    @property
    def _kinds(self) -> tuple[str, ...]:
        """The classes of bearers that have no narrower class."""
        addressed = {iri for norm in self.knowledge.instances(OBS + "NormativeStatement") for iri in self._bearer_classes(norm)}
        return tuple(sorted(iri for iri in addressed if self.knowledge.subclasses(iri) == {iri}))

    def _bearer_classes(self, norm: str) -> frozenset[str]:
        classes = self.knowledge.objects(norm, OBS + "bearerClass")
        return frozenset(narrower for iri in classes for narrower in self.knowledge.subclasses(iri))

    def _unlisted(self, key: str, party: str, *, name: str) -> InconsistentDataError:
        nearest = nearest_iri(party, among=self.knowledge.instances(_LISTED_PARTY))
        spaces = ", ".join(f"<{space}>" for space in self.spaces.values())
        return InconsistentDataError(
            key, name=name, party=compact(party), nearest=compact(nearest) if nearest else "–", spaces=spaces or "–"
        )
