"""Review meetings: the register of meetings, the dossier of each, and the duties whose status changed between two.

`meeting_register` gives the meetings known at the moment of assessments; the dossiers and status changes are built from it. Everything is
imported on first use, because sheets need Jinja.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
