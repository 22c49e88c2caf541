"""The style sheet: its colours can be read, and its files are small and from here."""

import re

import pytest

from conftest import ROOT

STATIC = ROOT / "service" / "observance" / "web" / "static"
CSS = (STATIC / "observance.css").read_text(encoding="utf-8")
COLOURS = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", CSS))
READABLE = 4.5
FONT_BYTES = 120_000
YEAR = 31_536_000


def luminance(colour: str) -> float:
    """The relative luminance of a colour, as WCAG 2 defines it."""
    channels = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours of the style sheet by their names."""
    dark, light = sorted((luminance(COLOURS[one]), luminance(COLOURS[other])))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", ["paper", "sheet", "faint"])
@pytest.mark.parametrize("text", ["ink", "soft", "accent"])
def test_text_can_be_read(text, ground):
    """Text has the contrast of level AA on every ground."""
    assert contrast(text, ground) >= READABLE


@pytest.mark.parametrize("name", [name for name in COLOURS if f"{name}-tint" in COLOURS])
def test_tones_can_be_read(name):
    """Each tone can be read on its tint, on a sheet and on the paper."""
    for ground in (f"{name}-tint", "sheet", "paper"):
        assert contrast(name, ground) >= READABLE, ground


def test_fonts(client):
    """The faces are small, are sent from here for a year, and their licence lies beside them; nothing is asked of another site."""
    fonts = sorted((STATIC / "fonts").glob("*.woff2"))

    assert set(re.findall(r'url\("fonts/([^"]+)"\)', CSS)) == {font.name for font in fonts}
    assert sum(font.stat().st_size for font in fonts) <= FONT_BYTES
    for name, seconds in [(f"fonts/{font.name}", YEAR) for font in fonts] + [("observance.css", None)]:
        with client.get(f"/static/{name}") as answer:
            assert answer.cache_control.max_age == seconds, name
    assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / "LICENCE.txt").read_text(encoding="utf-8")
    assert re.findall(r'@import|url\((?!"fonts/)[^)]*\)', CSS) == []
