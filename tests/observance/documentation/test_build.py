"""The pages that `observance document` writes: valid HTML, resolved links, marked languages, the same bytes at every run."""

import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import html5rdf
import pyoxigraph as ox
import pytest

from conftest import ROOT
from observance.core import LANGUAGES, OBS, Settings
from observance.documentation import build_documentation
from observance.documentation.diagram import _is_before
from observance.knowledge import room_files
from observance.knowledge_base import KnowledgeBase

pytestmark = pytest.mark.whole

SECOND = ROOT / "tests" / "second_instrument" / "second"
VOID = {"meta", "link", "br", "hr", "img", "input"}
# Elements whose text belongs to the surrounding line.
INLINE = {"tspan"}
# Elements that quote a text in the text's own language.
QUOTING = {"q", "blockquote"}
# Elements with code, which is in no language.
CODE = {"code", "pre"}


class Page(HTMLParser):
    """The content of a page: its anchors, its links, and each piece of text with the language that it is marked with."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.tags: Counter[str] = Counter()
        self.quoted: set[str] = set()
        self._open: list[tuple[str, str, bool]] = []
        self._pieces: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == [], self._open

    @property
    def lang(self) -> str:
        return self._open[-1][1] if self._open else ""

    def _flush(self) -> None:
        text = " ".join("".join(self._pieces).replace("\u00a0", " ").split())
        self._pieces = []
        if text and not (self._open and self._open[-1][0] in CODE):
            self.texts.append((self.lang, text))
            if self._open and self._open[-1][2]:
                self.quoted.add(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags[tag] += 1
        self.ids += [attributes["id"]] if attributes.get("id") else []
        self.links += [attributes[name] for name in ("href",) if attributes.get(name)]
        if tag not in INLINE:
            self._flush()
        if tag not in VOID:
            quoting = tag in QUOTING or attributes.get("class") == "translation" or bool(self._open and self._open[-1][2])
            self._open.append((tag, attributes.get("lang") or self.lang, quoting))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in INLINE:
            self._flush()
        opened, _, _ = self._open.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        self._pieces.append(data)


def build(root: str, *, languages: tuple[str, ...] = LANGUAGES) -> dict[str, bytes]:
    """The pages of the knowledge base in the folder; of this project's if `root` is empty."""
    with KnowledgeBase.open(Settings(knowledge=root)) as kb:
        return build_documentation(lambda name: kb.questions.page(name, {}).body, languages=languages, version="1", guides=not root)


@pytest.fixture(scope="module")
def first() -> dict[str, bytes]:
    """The pages of this project's knowledge base."""
    return build("")


@pytest.fixture(scope="module")
def second() -> dict[str, bytes]:
    """The pages of the second knowledge base."""
    return build(str(SECOND))


@pytest.fixture(scope="module", params=["first", "second"])
def pages(request: pytest.FixtureRequest) -> dict[str, bytes]:
    """The pages of each knowledge base in turn."""
    built: dict[str, bytes] = request.getfixturevalue(request.param)
    return built


def html(pages: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Each page by its path, as text."""
    return ((name, content.decode()) for name, content in pages.items() if name.endswith(".html"))


def literals_by_language(root: Path) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The literals of the knowledge in each language, and those of them whose property has a value in the other language too."""
    literals: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for room in ("ontology", "rules", "shapes"):
        for file in room_files(root, room):
            for quad in ox.parse(path=str(file), format=ox.RdfFormat.TURTLE):
                if isinstance(quad.object, ox.Literal) and quad.object.language:
                    literals[str(quad.subject), quad.predicate.value][quad.object.language].add(" ".join(quad.object.value.split()))
    by_language, translated = defaultdict(set), defaultdict(set)
    # A statement may quote a title in its own language.
    quoted = {
        value for (_, prop), texts in literals.items() if prop == OBS + "statesValue" for values in texts.values() for value in values
    }
    for texts in literals.values():
        for lang, values in texts.items():
            by_language[lang] |= values
            translated[lang] |= values - quoted if len(texts) > 1 else set()
    return by_language, translated


def test_every_page_in_every_language(pages: dict[str, bytes]):
    """Each language has the same pages, one for each kind of content."""
    names = {lang: {name.partition("/")[2] for name in pages if name.startswith(f"{lang}/")} for lang in LANGUAGES}

    assert names["fr"] == names["en"]
    assert {
        "vocabulary.html",
        "code-lists.html",
        "norms.html",
        "open-points.html",
        "readings.html",
        "instruments.html",
        "parties.html",
    } <= names["fr"]


def test_valid(pages: dict[str, bytes]):
    """Every page is HTML without errors, every element is closed, every anchor is unique."""
    for name, text in html(pages):
        html5rdf.HTMLParser(strict=True).parse(text)
        page = Page(text)
        assert [anchor for anchor, count in Counter(page.ids).items() if count > 1] == [], name
        assert page.tags["h1"] >= 1, name


def test_links_resolve(pages: dict[str, bytes]):
    """Every link within the pages leads to an existing file and anchor."""
    anchors = {name: set(Page(text).ids) for name, text in html(pages)}
    broken = []
    for name, text in html(pages):
        for link in Page(text).links:
            if "://" in link:
                continue
            path, _, fragment = link.partition("#")
            target = os.path.normpath(PurePosixPath(name).parent / path) if path else name
            if target not in pages or (fragment and fragment not in anchors[target]):
                broken.append((name, link))

    assert broken == []


@pytest.mark.parametrize(("fixture", "root"), [("first", ROOT), ("second", SECOND)])
def test_no_term_in_the_wrong_language(fixture: str, root: Path, request: pytest.FixtureRequest):
    """A page shows a text in its own language if the knowledge has one; any text in another language is marked or a quotation."""
    by_language, translated = literals_by_language(root)
    wrong = []
    checked = 0
    for name, text in html(request.getfixturevalue(fixture)):
        page = Page(text)
        page_language = name.partition("/")[0]
        for lang, piece in page.texts:
            if lang != page_language and lang in by_language and piece not in page.quoted and "/" in name:
                wrong += [(name, lang, piece)] if piece in translated[lang] - by_language[page_language] else []
            checked += piece in by_language[lang]
            wrong += [
                (name, lang, piece)
                for other in by_language
                if other != lang and piece in by_language[other] and piece not in by_language[lang]
            ]

    assert wrong == []
    assert checked > 200


def test_declared_language(pages: dict[str, bytes]):
    """A page declares its language and links to its version in the other."""
    for name, text in html(pages):
        if "/" in name:
            lang, _, file = name.partition("/")
            other = "en" if lang == "fr" else "fr"
            assert text.startswith(f'<!doctype html>\n<html lang="{lang}">'), name
            assert f'href="../{other}/{file}" lang="{other}"' in text, name


def test_label_in_other_language_is_marked(tmp_path: Path):
    """A label that exists in the other language only is shown with its language marked and a visible note."""
    copy = Path(shutil.copytree(SECOND, tmp_path / "copy"))
    core = copy / "ontology" / "core.ttl"
    core.write_text(core.read_text(encoding="utf-8").replace(' , "gardien de rive"@fr', ""), encoding="utf-8")
    pages = build(str(copy))

    assert '<span lang="en">keeper of a shore</span> <small class="other">(en anglais)</small>' in pages["fr/vocabulary.html"].decode()
    assert '<span lang="en">keeper of a shore</span> <small class="other">(en anglais)</small>' in pages["fr/norms.html"].decode()
    assert "(in English)" not in pages["en/vocabulary.html"].decode()


def test_every_term_has_its_anchor(kb: KnowledgeBase, first: dict[str, bytes]):
    """The anchor of each term of the vocabulary is its local name, so that its IRI leads to it."""
    anchors = {lang: set(Page(first[f"{lang}/vocabulary.html"].decode()).ids) for lang in LANGUAGES}
    kinds = ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")
    terms = {iri for kind in kinds for iri in kb.knowledge.subjects_with(RDF_TYPE, OWL + kind) if iri.startswith(OBS)}

    assert len(terms) > 150
    assert all({iri.removeprefix(OBS) for iri in terms} <= page_anchors for page_anchors in anchors.values())


RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
OWL = "http://www.w3.org/2002/07/owl#"


def test_every_link_is_in_the_list(kb: KnowledgeBase, first: dict[str, bytes]):
    """Each link between instruments is in the list below the diagram, with its asserter, its confidence and its source."""
    links = kb.knowledge.instances(OBS + "InstrumentLink")
    text = first["en/links.html"].decode()
    items = [item.partition("</li>")[0] for item in text.split("<li ")[1:] if item.startswith("id=")]

    assert len(items) == len(links) > 100
    assert [item for item in items if not all(word in item for word in ("asserted by", 'class="sure', "source: "))] == []


def test_diagram_is_accessible(first: dict[str, bytes]):
    """The diagram has a title, a description and a list; its boxes do not overlap and every line starts and ends at a box."""
    for lang in LANGUAGES:
        text = first[f"{lang}/links.html"].decode()
        drawing = text[text.index("<svg") : text.index("</svg>")]
        assert 'aria-labelledby="diagram-title diagram-description"' in drawing
        assert '<title id="diagram-title">' in drawing
        assert '<desc id="diagram-description">' in drawing
        assert 'href="#list"' in text
        boxes = [[int(value.partition('"')[0]) for value in rect.split('="')[1:5]] for rect in drawing.split("<rect ")[1:]]
        assert len(boxes) > 20
        for number, (x, y, width, height) in enumerate(boxes):
            for left, top, wide, high in boxes[:number]:
                assert x >= left + wide or left >= x + width or y >= top + high or top >= y + height
        edges = {x for x, _, width, _ in boxes for x in (x, x + width)}
        for path in drawing.split(' d="M')[1:]:
            numbers = path.partition('"')[0].replace("C", " ").split()
            if len(numbers) == 8:
                assert {int(numbers[0]), int(numbers[6])} <= edges


@pytest.mark.parametrize(
    ("date", "other", "before"),
    [
        ("2017-12", "2018-06", True),
        ("2018", "2018-06", False),
        ("2018-06", "2018-06", False),
        ("2018-07-01", "2018-06", False),
        ("~", "2018", False),
    ],
)
def test_certainly_before(date: str, other: str, before: bool):
    """A date is certainly before another only at the precision of both: a year is not before one of its months."""
    assert _is_before(date, other) is before


def test_second_knowledge_base_is_separate(second: dict[str, bytes]):
    """The pages of the second knowledge base have its text and nothing of the first."""
    for page in ("index", "norms", "open-points", "readings", "instruments", "links", "parties"):
        text = second[f"fr/{page}.html"].decode() + second[f"en/{page}.html"].decode()
        assert "commerce" not in text.lower(), page
        assert "parties/" not in text, page
    assert "autant que l'huile le permet" in second["fr/norms.html"].decode().replace("&#39;", "'")
    assert "Mirval" in second["en/parties.html"].decode()
    assert [name for name in second if "guide" in name] == []
    assert "guide" not in second["en/index.html"].decode()


def run_document(*arguments: str, seed: str = "0", cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `observance document` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "observance", "document", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip


def test_same_bytes(tmp_path: Path):
    """Two runs with different hash seeds give the same bytes."""
    for seed in ("1", "2"):
        assert run_document("--output", seed, seed=seed, cwd=tmp_path).returncode == 0
    first_run, second_run = (
        {str(f.relative_to(tmp_path / n)): f.read_bytes() for f in (tmp_path / n).rglob("*") if f.is_file()} for n in ("1", "2")
    )

    assert first_run == second_run
    assert len(first_run) == 32


def test_one_language(tmp_path: Path):
    """With --lang only that language is written, without links to the other."""
    done = run_document("--output", "pages", "--knowledge", str(SECOND), "--lang", "fr", cwd=tmp_path)

    assert done.stdout == "10 pages se trouvent dans pages. Commencez par pages/index.html\n"
    assert sorted(path.name for path in (tmp_path / "pages").iterdir()) == ["fr", "index.html", "style.css"]
    assert not any("../en/" in path.read_text(encoding="utf-8") for path in (tmp_path / "pages" / "fr").iterdir())


def test_existing_folder_is_left_alone(tmp_path: Path):
    """An existing folder is not changed; a folder that cannot be created is an error; nothing is left behind."""
    (tmp_path / "there").mkdir()
    done = run_document("--output", "there", "--knowledge", str(SECOND), cwd=tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    below = run_document("--output", "file/pages", "--knowledge", str(SECOND), cwd=tmp_path)

    assert (done.returncode, done.stderr) == (2, "there exists already; give a name that is not taken.\n")
    assert (below.returncode, "Traceback" in below.stderr) == (2, False)
    assert "file/pages" in below.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "there"]
