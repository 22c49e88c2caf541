"""The example of a form: the commented example of its paragraph, as it fills in the form."""

from observance.core import NotFoundError, Settings
from observance.forms import FilledForm, Form, FormService
from observance.knowledge import KnowledgeLookup
from observance.rdf import parse_document, read_source


def example_of(form: Form, *, forms: FormService, lookup: KnowledgeLookup, settings: Settings) -> FilledForm | None:
    """Return the example; None if the knowledge base has none of this form."""
    file = lookup.examples.get(form.number)
    if file is None:
        return None
    document = parse_document(read_source(file, settings=settings), settings=settings, contexts={})
    try:
        return forms.read(document, name=form.name)
    except NotFoundError:
        return None
