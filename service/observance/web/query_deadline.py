"""How long a query of a client may take."""

import re
from typing import Final

from flask import request

from observance.core import UsageError
from observance.web.access import current_identity
from observance.web.admission import is_own_machine
from observance.web.site import site

_SECONDS: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)
# A worker that misses its deadline is replaced, which must not be asked for a thousand times a second.
_LEAST_SECONDS: Final = 1.0


def query_deadline() -> float:
    """The deadline of the query in seconds: the service's own, which is shorter for other machines without an account, or `timeout`.

    Raises UsageError for a text that is no number.
    """
    settings, text = site().kb.settings, request.values.get("timeout", "").strip() or "0"
    if not _SECONDS.fullmatch(text):
        raise UsageError("web.bad-timeout", value=text[:60])
    is_known = is_own_machine() or current_identity() is not None
    longest = settings.query_seconds if is_known else min(settings.query_seconds, settings.anonymous_query_seconds)
    return min(max(float(text), _LEAST_SECONDS), longest) if float(text) else longest
