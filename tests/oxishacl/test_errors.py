"""Errors: pickling, sentences in both languages, and how Observance raises them as its own."""

import pickle

import pytest

from observance.core import ObservanceError, translate
from observance.rdf import oxishacl_errors
from oxishacl import errors

KINDS = [errors.InvalidInputError, errors.UnsupportedFormatError, errors.LimitExceededError, errors.ForbiddenError, errors.UsageError]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_pickled(kind):
    """An error keeps its kind, code, values and sentences when it is pickled."""
    error = pickle.loads(pickle.dumps(kind("too-big", name="a.ttl", limit=10)))

    assert type(error) is kind
    assert (error.code, error.values) == ("too-big", {"name": "a.ttl", "limit": 10})
    assert error.sentence("en") == str(error)
    assert error.sentences() == {lang: error.sentence(lang) for lang in ("fr", "en")}
    assert "a.ttl" in error.sentence("fr")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_becomes_an_error_of_observance(kind):
    """Each kind becomes the ObservanceError of the same name, with the same sentence in both languages."""
    error = kind("too-big", name="a.ttl", limit=10)
    with pytest.raises(ObservanceError) as caught, oxishacl_errors():
        raise error

    assert type(caught.value).__name__ == kind.__name__
    assert caught.value.key == "oxishacl.too-big"
    assert caught.value.sentences() == error.sentences()
    assert translate(caught.value.key, "fr", **caught.value.values) == error.sentence("fr")


def test_unknown_code_or_placeholder():
    """A code without a message, or a placeholder without a value, raises KeyError."""
    for code, values in (("no-such-code", {}), ("too-big", {"name": "a.ttl"})):
        with pytest.raises(KeyError):
            errors.InvalidInputError(code, **values)
