"""The service: the same verbs as the command line, over HTTP, for people and for programs.

`create_app` gives the WSGI application; `run_server` serves one. Flask is imported nowhere else in the project.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
