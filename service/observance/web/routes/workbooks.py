"""`/workbooks/<name>`: the workbook of a form, to fill in; `/workbooks/register`: that of the register, for the Secretariat."""

from flask import Blueprint, Response

from observance.accounts import RECORD
from observance.handlers import NewWorkbookRequest, RegisterWorkbookRequest
from observance.web.access import requires
from observance.web.admission import admits
from observance.web.audience import audience
from observance.web.language import language
from observance.web.site import site

blueprint = Blueprint("workbooks", __name__)


@blueprint.get("/workbooks/<path:name>")
@admits
def template(name: str) -> Response:
    """The workbook of the form with the name, as an attachment."""
    return _attachment(NewWorkbookRequest(form=name, lang=language(), audience=audience()), name=name)


@blueprint.get("/workbooks/register")
@requires(RECORD)
@admits
def register() -> Response:
    """The workbook of the register, as an attachment."""
    return _attachment(RegisterWorkbookRequest(lang=language(), audience=audience()), name="register")


def _attachment(request: NewWorkbookRequest | RegisterWorkbookRequest, *, name: str) -> Response:
    kb = site().kb
    answer = kb.workers.call(request, deadline=kb.settings.validate_seconds)
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"', "Content-Language": language()}
    return Response(answer.body, content_type=answer.media_type, headers=headers)
