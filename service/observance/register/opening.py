"""A register that is opened: its documents, and what must hold before any answer is given from them."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox
from msgspec import Struct

from observance.core import OBS, InconsistentDataError, Settings, compact, nearest_iri
from observance.knowledge import Knowledge
from observance.rdf import parse_document, rdf_files, read_source
from oxishacl import Contexts, Document


class Register(Struct, frozen=True, dict=True):
    """The documents of a register in the order they were named."""

    documents: tuple[Document, ...] = ()

    @cached_property
    def quads(self) -> tuple[ox.Quad, ...]:
        """All quads, each document in a graph of its own, blank nodes kept apart."""
        return tuple(quad for place in range(len(self.documents)) for quad in self.placed(place))

    def placed(self, place: int) -> tuple[ox.Quad, ...]:
        """The quads of the document at this place, in a graph of its own, blank nodes kept apart from the others'."""
        return tuple(_placed(self.documents[place], number=place))

    @cached_property
    def declared(self) -> tuple[str, ...]:
        """The parties that the register declares as bearers, in order."""
        return tuple(dict.fromkeys(quad.object.value for quad in self.quads if _declares(quad) and isinstance(quad.object, ox.NamedNode)))

    def without(self, document: Document) -> "Register":
        """The register without the documents that are this very document: a file is not held against itself."""
        kept = tuple(own for own in self.documents if own.source.content != document.source.content)
        return self if len(kept) == len(self.documents) else Register(kept)


class RegisterService:
    """Opens registers against one knowledge base; `opened` is that of the settings."""

    def __init__(
        self, paths: Sequence[Path], *, demo: Sequence[Path], knowledge: Callable[[], Knowledge], settings: Settings, contexts: Contexts
    ) -> None:
        """`paths` are the files and folders of the register, `demo` those of the register that questions are asked of without one."""
        self._paths, self._demo = paths, demo
        self._knowledge, self._settings, self._contexts = knowledge, settings, contexts

    @cached_property
    def opened(self) -> Register:
        """The register that the settings name; empty when they name none. Raises what `open` raises."""
        return self.open(self._paths)

    @cached_property
    def queried(self) -> Register:
        """The register that questions and assessments are about: the one that is open, else the demo's."""
        return self.opened if self._paths else self.open(self._demo)

    def open(self, paths: Sequence[Path | str]) -> Register:
        """Return the register in the files and folders; empty for none. Raises what `open_register` raises."""
        if not paths:
            return Register()
        return open_register(map(Path, paths), knowledge=self._knowledge(), settings=self._settings, contexts=self._contexts)


def open_register(paths: Iterable[Path], *, knowledge: Knowledge, settings: Settings, contexts: Contexts) -> Register:
    """The register in the files and folders.

    Raises what reading a document raises, and InconsistentDataError when the register declares a party that no list knows, or real and
    invented parties together: they never share one answer.
    """
    register = Register(
        tuple(parse_document(read_source(path, settings=settings), settings=settings, contexts=contexts) for path in rdf_files(paths))
    )
    lists: dict[str, str] = {}
    for party in register.declared:
        listed = knowledge.objects(party, OBS + "listedIn")
        if not listed:
            near = nearest_iri(party, among=knowledge.instances(OBS + "ListedParty"))
            raise InconsistentDataError("validate.unlisted", party=compact(party), nearest=compact(near) if near else "–")
        lists.setdefault(listed[0], party)
    if len(lists) > 1:
        one, other = (compact(party) for party in list(lists.values())[:2])
        raise InconsistentDataError("validate.mixed-register", one=one, other=other)
    return register


Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def _declares(quad: ox.Quad) -> bool:
    return quad.predicate.value == OBS + "declares"


def _placed(document: Document, *, number: int) -> Iterable[ox.Quad]:
    graph = ox.NamedNode(f"urn:observance:register:{number}")
    for subject, predicate, target, name in document.quads:
        place = graph if isinstance(name, ox.DefaultGraph) else name
        yield ox.Quad(_apart(subject, number=number), predicate, _apart(target, number=number), place)  # type: ignore[arg-type]


def _apart(term: Term, *, number: int) -> Term:
    return ox.BlankNode(f"r{number}{term.value}") if isinstance(term, ox.BlankNode) else term
