"""The program's messages in French and English.

`messages/` holds a JSON file for each area (`intake.json`, `web.json` …): `{"key": {"en": "…", "fr": "…"}}`. A message is named
`area.key`; the area `oxishacl` holds the validator's own messages.
A test checks that both languages have the same placeholders and that every message is used.
"""

import json
from functools import cache
from pathlib import Path
from typing import Final

from oxishacl import MESSAGES as _OXISHACL_MESSAGES

LANGUAGES: Final = ("fr", "en")


@cache
def message_catalogue(name: str) -> dict[str, dict[str, str]]:
    """The messages of one area: key to language to text."""
    file = _OXISHACL_MESSAGES if name == "oxishacl" else Path(__file__).parent / "messages" / f"{name}.json"
    text = file.read_text(encoding="utf-8")
    messages: dict[str, dict[str, str]] = json.loads(text)
    return messages


def translate(name: str, lang: str, /, **values: object) -> str:
    """Return the message `area.key` in the language, with its placeholders filled.

    Raises KeyError for a message, language or placeholder that does not exist: a fault of the program, never of the input.
    """
    area_name, _, key = name.partition(".")
    return message_catalogue(area_name)[key][lang].format(**values)
