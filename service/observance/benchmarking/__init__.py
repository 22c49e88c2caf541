"""Progress compared between Members without ranking anyone: counts of implementation levels, as a sheet, JSON or an RDF Data Cube.

Everything is imported on first use, because sheets need Jinja.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
