"""SPARQL queries: the catalogue of questions, the query policy, evaluation, text tables, and other endpoints."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
