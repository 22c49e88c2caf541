"""HTML pages in each language: the knowledge (vocabulary, code lists, norms, readings, instruments, links, parties) and the guides.

Everything is imported on first use, because Jinja and the Markdown parser take long to import.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
