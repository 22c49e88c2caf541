"""Crawls: what a page leads to, and each IRI of the knowledge, is answered: over the demo register and a larger one."""

import html
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

import pytest

from bench import history
from conftest import BROWSER
from observance.core import HOME, Settings
from observance.web import close, create_app

pytestmark = pytest.mark.whole

PAGES = 2500
"""So many addresses are looked at in each crawl, chosen at random from all that were found, and always the same."""
SITE = "http://localhost"
MOST_ALIKE = 6
"""So many addresses that differ only in the values of their parameters, or in the party, are looked at."""
WITHOUT_A_LEDGER = "/submissions"
"""Guides lead to it also where the register is a folder: the page says that nothing can be sent there."""


def large(folder: Path) -> Settings:
    """A register of two hundred submissions."""
    history.write_register(folder, 200)
    return Settings(workers=1, registers=(folder,))


@pytest.mark.parametrize("made", [lambda _: Settings(workers=1), large], ids=["demo", "large"])
def test_everything_found_is_answered(tmp_path: Path, made):
    """Every address found, of a page in either language, of a file, or of a thing by its IRI, is answered."""
    app = create_app(made(tmp_path))
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = BROWSER
    things = [iri for iri in sorted(app.extensions["observance"].present.kb.knowledge.subjects) if iri.startswith(HOME) and iri != HOME]
    found = ["/?lang=fr", "/?lang=en", *(f"/{iri.removeprefix(HOME).replace('#', '/')}" for iri in things)]
    chance, alike, known, missed = random.Random(2018), Counter[object](), set(found), []
    for _ in range(PAGES):
        if not found:
            break
        address = found.pop(chance.randrange(len(found)))
        with client.get(address) as response:
            if response.status_code not in (200, 303) and urlsplit(address).path != WITHOUT_A_LEDGER:
                missed.append((response.status_code, address))
            led_to = [response.location] if response.location else links(response.text) if response.mimetype == "text/html" else []
        for each in led_to:
            target = urldefrag(urljoin(SITE + address, each)).url.removeprefix(SITE)
            kind = kind_of(target)
            if target.startswith("/") and target not in known and alike[kind] < MOST_ALIKE:
                alike[kind] += 1
                known.add(target)
                found.append(target)
    close(app)
    assert missed == []


def links(page: str) -> Iterator[str]:
    """What the page leads to, loads, and sends forms to."""
    return (html.unescape(each) for each in re.findall(r'(?:href|src)="([^"]*)"', page))


def kind_of(address: str) -> tuple[object, ...]:
    """What addresses have in common that differ only in values of parameters, but for the language, or in the party of an item."""
    parts = urlsplit(address)
    path = re.sub(r"^/duties/[^/]+/", "/duties/…/", parts.path)
    return path, *sorted(value if name == "lang" else name for name, value in parse_qsl(parts.query))
