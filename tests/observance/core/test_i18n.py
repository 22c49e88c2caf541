"""Messages: elision before names in French."""

import pytest

from observance.core import fill, format_days, typographic


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


@pytest.mark.parametrize(
    ("last", "english", "french"),
    [
        ("2022-02-01", "1 February 2022", "1er février 2022"),
        ("2022-02-02", "1–2 February 2022", "1er–2 février 2022"),
        ("2022-03-01", "1 February 2022 – 1 March 2022", "1er février 2022 – 1er mars 2022"),
    ],
)
def test_several_days(last: str, english: str, french: str):
    """Days of one month share it; one day is written once."""
    assert (format_days("2022-02-01", last, "en"), format_days("2022-02-01", last, "fr")) == (english, french)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("n'est pas l'autre", "n’est pas l’autre"),
        ("the party's own", "the party’s own"),
        ("le texte dit « l'objet d'échanges » et n'ajoute rien", "le texte dit « l'objet d'échanges » et n’ajoute rien"),
        ("“l'OMD” isn't", "“l'OMD” isn’t"),
        ("« « l'un » l'autre » l'un", "« « l'un » l'autre » l’un"),
        ("--name='x' 'y'", "--name='x' 'y'"),
    ],
)
def test_apostrophes(text: str, shown: str):
    """Apostrophes between letters are curved, but what is quoted stays as it was written."""
    assert typographic(text) == shown
