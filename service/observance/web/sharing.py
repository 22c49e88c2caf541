"""Taking an answer away from its page: its formats, the permanent address that names all that it rests on, and its citation."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, request
from msgspec import Struct

from observance.core import LANGUAGES, format_day, format_time, translate
from observance.handlers import EVERY_READING, PASSING, permanent_address
from observance.web.language import language
from observance.web.request_parameters import parameter
from observance.web.site import site


class Shared(Struct, frozen=True):
    """What is offered for passing an answer on: its permanent address, and by language its citation."""

    address: str
    citations: Mapping[str, str]


def install_sharing(app: Flask) -> None:
    """Add to the environment of the templates what they need for taking an answer away."""
    app.context_processor(
        lambda: {
            "taking_away": taking_away,
            "shared": shared,
            "other_register": other_register,
            "titled": titled,
            "lasting_address": lasting_address,
        }
    )


def taking_away(*formats: str) -> list[tuple[str, str]]:
    """The formats, each with the address of the current answer in it."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in ("format", "bom", "page", "lang")]
    path, more = quote(request.script_root + request.path), {"csv": [("bom", "1")]}
    return [(name, f"{path}?{urlencode([*kept, ('lang', language()), ('format', name), *more.get(name, [])])}") for name in formats]


def titled(key: str, **values: object) -> dict[str, str]:
    """The message in each language."""
    return {lang: translate(key, lang, **values) for lang in LANGUAGES}


def lasting_address() -> str:
    """The address of the current page in its language, without the parameters that a permanent address names anew."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in (*PASSING, "lang", "page") and value.strip()]
    return f"{request.host_url.rstrip('/')}{quote(request.script_root + request.path)}?{urlencode([*kept, ('lang', language())])}"


def shared(title: str | Mapping[str, str], moment: Mapping[str, Any] | None = None, since: str | None = None) -> Shared:
    """What is offered for passing on the answer with the title, which may be given by language, at the moment if it has one.

    `since` is the earlier of two days that are compared.
    """
    named = named_parameters(moment, since=since)
    address = permanent_address(lasting_address(), named)
    return Shared(address, {lang: _citation(title, moment, named.get("reading", ""), address, lang=lang) for lang in _in_order()})


def named_parameters(moment: Mapping[str, Any] | None, *, since: str | None = None) -> dict[str, str]:
    """The parameters by which a permanent address names the moment, the reading and the version of the register."""
    version = {"register": site().register_version}
    if moment is None:
        return version
    reading = parameter("reading") or next(iter(site().kb.assessment.readings), "")
    days = {"from": since, "to": moment["asOf"]} if since else {"asOf": moment["asOf"]}
    return {**days, "knownAt": moment["knownAt"], "reading": reading, **version}


def _in_order() -> Sequence[str]:
    """The languages, that of the page first."""
    return sorted(LANGUAGES, key=lambda lang: lang != language())


def _citation(title: str | Mapping[str, str], moment: Mapping[str, Any] | None, reading: str, address: str, *, lang: str) -> str:
    values = {
        "title": title if isinstance(title, str) else title[lang],
        "version": site().register_version,
        "address": address.replace(f"lang={language()}", f"lang={lang}"),
    }
    if moment is None:
        return translate("exports.citation-undated", lang, **values)
    day, time = format_day(moment["asOf"], lang), format_time(moment["knownAt"], lang)
    return translate("exports.citation", lang, **values, asOf=day, knownAt=time, reading=_reading_label(reading, lang))


def _reading_label(name: str, lang: str) -> str:
    if name == EVERY_READING:
        return translate("exports.every-reading", lang)
    readings = site().kb.assessment.readings
    label = readings[name].label.get(lang, name) if name in readings else name
    return label[:1].lower() + label[1:]


def other_register() -> str:
    """What is said to a reader whose link names another version of the register than the present one; else empty."""
    # A body may be one that is not read: what a link names stands in its query.
    named, now = request.args.get("register", "").strip(), site().register_version
    return translate("exports.other-register", language(), named=named[:20], now=now) if named and named != now else ""
