"""The HTTP service: the work of the command line as pages for people and as an API for programs.

`create_app` returns the WSGI application, `run_server` serves it. No other package imports Flask.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
