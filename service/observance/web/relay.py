"""`/relay`: for each notification who is to receive it, who did and who is missing. Read only: nothing is prepared or sent here."""

import json
import threading
from collections import OrderedDict
from datetime import date, datetime
from typing import Final

from flask import Blueprint, Response, current_app, make_response, render_template, request

from observance.assessment.answer import moment_asked
from observance.errors import NotFound, ObservanceError
from observance.relay import write
from observance.relay.values import Plan
from observance.web.formats import PAGE
from observance.web.language import language
from observance.web.negotiation import HTML, accepted
from observance.web.problems import NotAcceptable, status_of, told
from observance.web.site import site

blueprint = Blueprint("relay", __name__)

_OFFERS: Final = {"application/json": "json", "text/turtle": "turtle", HTML: PAGE}
_KEPT: Final = 16

Key = tuple[date | None, datetime | None, str | None]


class Plans:
    """The plans last asked for. They are made one at a time, in this process: one takes about as long as a page may."""

    NAME: Final = "observance.relay"

    def __init__(self) -> None:
        """None yet."""
        self._lock = threading.Lock()
        self._found: OrderedDict[Key, Plan] = OrderedDict()

    def plan(self, key: Key) -> Plan:
        """The plan as of a day, as known at a time, under a reading; raises what `House.relay` raises, NotFound for no known reading."""
        with self._lock:
            house = site().house
            # A name only: a path would have the service read files that its user may not.
            if key[2] is not None and key[2] not in house.case.readings:
                raise NotFound("relay.no-reading", name=key[2], known=", ".join(house.case.readings))
            if key not in self._found:
                self._found[key] = house.relay(as_of=key[0], known_at=key[1], reading=key[2])
            self._found.move_to_end(key)
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)
            return self._found[key]

    def readings(self) -> list[tuple[str, str]]:
        """The readings that can be chosen: name and label."""
        with self._lock:
            return [(name, reading.label[language()]) for name, reading in site().house.case.readings.items()]


def _plans() -> Plans:
    found: Plans = current_app.extensions.setdefault(Plans.NAME, Plans())
    return found


@blueprint.get("/relay")
def page() -> Response:
    """The plan, as a page or for programs."""
    form = _format()
    try:
        found = _plans().plan(_key())
    except ObservanceError as error:
        if form != PAGE:
            raise
        return make_response(_page(None, problem=(told(error) or {})[language()]), status_of(error))
    found = write.narrowed(found) if request.args.get("missing") else found
    if form == "json":
        return Response(json.dumps(write.as_object(found, lang=language()), ensure_ascii=False, indent=2) + "\n", content_type=_type(form))
    if form == "turtle":
        return Response(write.as_turtle(found), content_type=f"{_type(form)}; charset=utf-8")
    return make_response(_page(found))


def _key() -> Key:
    """What was asked for; a field that was left empty is none."""
    as_of, known_at, reading = (request.args.get(name, "").strip() or None for name in ("as-of", "known-at", "reading"))
    return *moment_asked(as_of, known_at), reading


def _format() -> str:
    asked = request.args.get("format")
    if asked in _OFFERS.values():
        return str(asked)
    media_type = accepted(tuple(_OFFERS))
    if media_type is None:
        raise NotAcceptable("web.not-acceptable", offers=", ".join(_OFFERS))
    return _OFFERS[media_type]


def _type(form: str) -> str:
    return next(media_type for media_type, name in _OFFERS.items() if name == form)


def _page(found: Plan | None, *, problem: str | None = None) -> str:
    lang = language()
    tables = [] if found is None else [
        (t, write.title(t, lang=lang), write.state(t, lang=lang), list(write.lines(t, plan=found, lang=lang))) for t in found.transmissions
    ]  # fmt: skip
    values = {name: request.args.get(name, "") for name in ("as-of", "known-at", "reading", "missing")}
    return render_template("relay.html", plan=found, tables=tables, values=values, readings=_plans().readings(), problem=problem)
