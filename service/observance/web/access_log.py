"""The access log: a line of JSON for each request on standard error, with nothing that a client sent and nobody's name or address."""

import datetime as dt
import json
import sys
from typing import Final

from flask import Flask, Response

from observance.core import UsageError
from observance.web.metrics import endpoint, method, seconds

_JSON: Final = "json"


def install_access_log(app: Flask, *, form: str) -> None:
    """Log each request in the form `json`, or none if it is empty; raises UsageError for any other form."""
    if form not in {"", _JSON}:
        raise UsageError("cli.bad-setting", name="OBSERVANCE_LOG", value=form)

    @app.after_request
    def log(response: Response) -> Response:
        if form:
            line = {
                "time": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
                "method": method(),
                "endpoint": endpoint(),
                "status": response.status_code,
                "milliseconds": round(seconds() * 1000, 1),
                "bytes": response.content_length,
            }
            # One write, so that lines of several threads are not mixed.
            sys.stderr.write(json.dumps(line) + "\n")
        return response
