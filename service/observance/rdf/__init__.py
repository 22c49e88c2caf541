"""RDF files and terms: parsing within limits, statement tables and their disk cache, Turtle serialisation, conversion to rdflib."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
