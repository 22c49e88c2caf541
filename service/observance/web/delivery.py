"""What every response says of itself: the version that it rests on, how long it may be kept, and its encoding."""

import gzip
import hashlib
from typing import Final

from flask import Response, request

from observance.web.access import access
from observance.web.language import language
from observance.web.site import site

VERSION_HEADER: Final = "Observance-Register"
"""The name of the header with the version of the register."""
# A shorter body is not worth compressing.
_LEAST_BYTES: Final = 1_000
_COMPRESSED: Final = (
    "text/", "application/json", "application/xml", "application/javascript", "application/n-triples", "application/n-quads",
    "application/trig", "image/svg+xml",
)  # fmt: skip


def deliver(response: Response) -> Response:
    """Add the headers for security, language, version and caching to the response, and compress it if the client accepts that."""
    headers = response.headers
    headers["Content-Security-Policy"] = (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers.add("Vary", "Accept, Accept-Language, Accept-Encoding")
    headers[VERSION_HEADER] = site().register_version
    if access().is_controlled and request.endpoint != "static":
        headers.add("Vary", "Authorization, Cookie")
    if response.mimetype == "text/html":
        headers["Content-Language"] = language()
    _identify(response)
    _compress(response)
    return response


def _identify(response: Response) -> None:
    """Give a page or answer an entity tag, by which a client learns whether it would receive the same again."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or _is_file(response):
        return
    if "ETag" not in response.headers and "Cache-Control" not in response.headers:
        digest = hashlib.sha256(response.get_data()).hexdigest()[:16]
        # Weak, because it is the same for the compressed body.
        response.set_etag(f"{site().register_version}-{digest}", weak=True)
        response.headers["Cache-Control"] = "private, no-cache" if access().is_controlled else "no-cache"
    response.make_conditional(request)


def _is_file(response: Response) -> bool:
    """Whether the body is a file that the server sends; it has a tag already."""
    return response.direct_passthrough or response.is_streamed


def _compress(response: Response) -> None:
    kind = response.mimetype or ""
    is_text = kind.startswith(_COMPRESSED) or kind.endswith(("+json", "+xml"))
    if not is_text or _is_file(response) or "Content-Encoding" in response.headers or response.status_code != 200:
        return
    body = response.get_data()
    if len(body) < _LEAST_BYTES or not request.accept_encodings["gzip"]:
        return
    # Without the time, the same body has the same bytes.
    response.set_data(gzip.compress(body, compresslevel=6, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
