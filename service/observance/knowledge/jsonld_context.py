"""The JSON-LD context of submissions, which a knowledge base brings along."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from observance.core.namespaces import HOME

CONTEXT: Final = HOME + "context.jsonld"
"""The IRI by which a document names the context."""


def known_contexts(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """The JSON-LD context of the knowledge base in the folder by its IRI; empty if it has none."""
    file = root / "ontology" / "context.jsonld"
    return {CONTEXT: json.loads(file.read_text(encoding="utf-8"))["@context"]} if file.is_file() else {}
