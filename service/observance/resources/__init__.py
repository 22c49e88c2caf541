"""What is said of a thing that has an IRI, in the words of one language: its statements, what refers to it, and where that comes from."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
