"""Messages: elision before names in French."""

import pytest

from observance.core import fill


@pytest.mark.parametrize(
    ("lang", "template", "name", "expected"),
    [
        ("fr", "Déclaration de {name}", "Estavie", "Déclaration d'Estavie"),
        ("fr", "ce que {name} dit", "Altamar", "ce qu'Altamar dit"),
        ("fr", "Déclaration de {name}", "Boréalie", "Déclaration de Boréalie"),
        ("fr", "le texte « {name} »", "de Estavie", "le texte « de Estavie »"),
        ("fr", "Déclaration de {name}", "", "Déclaration de "),
        ("en", "que {name}", "Altamar", "que Altamar"),
    ],
)
def test_elision(lang: str, template: str, name: str, expected: str) -> None:
    """French elides before a placeholder whose value begins with a vowel; the value itself is never changed."""
    assert fill(template, lang, {"name": name}) == expected
