"""What a worker process answers: one table from requests to handlers.

`open_handlers` is what a worker calls when it starts; the other names are the requests that it understands.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
