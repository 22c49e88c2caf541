"""How handlers write their answers."""

import json
from typing import Any

from observance.core import SerializedAnswer


def json_answer(value: Any) -> SerializedAnswer:
    """Return the value as JSON."""
    return SerializedAnswer("application/json", (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode())


def turtle_answer(text: str) -> SerializedAnswer:
    """Return the graph in Turtle."""
    return SerializedAnswer("text/turtle; charset=utf-8", text.encode())
