"""Forms made from the shapes: what is asked of each kind of submission or record, and what somebody wrote into it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
