"""What the program says, in French and in English, side by side.

One JSON file per area (`intake.json`, `web.json` …) holds `{"key": {"en": "…", "fr": "…"}}`; a phrase is named
`area.key`. A test checks that both languages are there with the same placeholders and that every phrase is used.
"""

import json
from functools import cache
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("fr", "en")


@cache
def area(name: str) -> dict[str, dict[str, str]]:
    """The phrases of one area, key to language to text."""
    text = Path(__file__).with_name(f"{name}.json").read_text(encoding="utf-8")
    phrases: dict[str, dict[str, str]] = json.loads(text)
    return phrases


def say(phrase: str, lang: str, /, **values: object) -> str:
    """The phrase `area.key` in the language, with its placeholders filled.

    Raises KeyError for a phrase, language or placeholder that does not exist: a fault of ours, never of the input.
    """
    area_name, _, key = phrase.partition(".")
    return area(area_name)[key][lang].format(**values)
