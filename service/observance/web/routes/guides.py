"""`/guide`: the list of guides; `/guide/<name>`: one guide, in the language of the request."""

from collections.abc import Mapping

from flask import Blueprint, render_template

from observance.core import NotFoundError
from observance.documentation import Guide, list_guides, render_guide
from observance.web.language import language, link, service_address
from observance.web.site import site

blueprint = Blueprint("guides", __name__)


@blueprint.get("/guide")
def listing() -> str:
    """The titles of the guides in order, and the readers that each is for."""
    return render_template("guides.html", guides=_guides())


@blueprint.get("/guide/<name>")
def guide(name: str) -> str:
    """One guide; raises NotFoundError for an unknown name."""
    guides = _guides()
    if name not in guides:
        raise NotFoundError("publishing.no-guide", name=name, known=", ".join(guides))
    return render_template("guide.html", guide=guides[name], body=render_guide(guides[name], address=_address))


def _guides() -> Mapping[str, Guide]:
    return list_guides(language()) if site().has_guides else {}


def _address(target: str) -> str:
    path, separator, anchor = target.partition("#")
    if path.endswith(".md"):
        return link("guides.guide", name=path.removesuffix(".md")) + separator + anchor
    return service_address(target)
