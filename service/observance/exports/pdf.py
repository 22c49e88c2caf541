"""A page as a tagged PDF (PDF/UA-1), by WeasyPrint, which is installed with the extra `pdf`; the same page gives the same bytes."""

import logging
from typing import Final

from observance.core import InvalidInputError, UnavailableError

_VARIANT: Final = "pdf/ua-1"


def to_pdf(page: str, *, stylesheet: str, source: str, made: str) -> bytes:
    """Return the page, in HTML, as a PDF: in its own print style, with the `source` below each page, `made` at an xsd:dateTime.

    Nothing is fetched: what the page refers to is left out, unless the address itself holds it. Raises UnavailableError without WeasyPrint
    or the library Pango that it needs, and InvalidInputError for a page that it cannot lay out.
    """
    try:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError):
        raise UnavailableError("exports.no-pdf") from None

    class Nothing(URLFetcher):  # type: ignore[misc]  # without types
        """Fetches nothing but what an address holds itself."""

        def fetch(self, url: str, headers: object = None) -> object:
            """Return the data in the address; raises ValueError for any other address."""
            if not url.startswith("data:"):
                raise ValueError(url)
            return super().fetch(url, headers)

    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    text = source.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    footer = f'@page {{ @bottom-left {{ content: "{text}" }} }}'
    faces = FontConfiguration()
    styles = [weasyprint.CSS(string=sheet, url_fetcher=Nothing(), font_config=faces) for sheet in (stylesheet, footer)]
    try:
        document = weasyprint.HTML(string=page, url_fetcher=Nothing()).render(stylesheets=styles, font_config=faces, pdf_variant=_VARIANT)
        document.metadata.created = document.metadata.modified = made
        content: bytes = document.write_pdf(pdf_variant=_VARIANT)
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError) as error:  # what its layout may stumble over
        raise InvalidInputError("exports.no-layout", reason=type(error).__name__) from None
    return content
