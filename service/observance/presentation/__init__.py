"""Sheets and drawings: the document model of pages and files, and its rendering as plain text and HTML.

Everything is imported on first use, because Jinja takes long to import.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
