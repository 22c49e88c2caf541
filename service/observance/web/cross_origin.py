"""What pages of other origins may read (Fetch, section 3.2): what the service tells everybody, without the reader's cookies."""

from flask import Response, request


def allow_other_origins(response: Response) -> Response:
    """Let pages of other origins read the response, and ask with the methods of its address."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Observance-Register, Retry-After"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = ", ".join(sorted(response.allow))
        response.headers["Access-Control-Allow-Headers"] = "Accept, Accept-Language, Content-Type"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response
