"""The knowledge as HTML pages in each language: vocabulary, code lists, norms, readings, instruments, links and lists of parties.

`build_documentation` is imported on first use, because Jinja takes long to import.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
