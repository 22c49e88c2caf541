"""The plan written out: lines for people, JSON for programs, Turtle for graphs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pyoxigraph as ox

from observance.core.i18n import translate
from observance.core.namespaces import OBS, PROV, RDF, XSD, local_name
from observance.notifications.composition import address_fault, clean
from observance.notifications.model import Plan, Receipt, Recipient, Transmission
from observance.rdf.turtle import serialize_turtle


def plan_rows(plan: Plan, *, lang: str) -> Iterator[tuple[str, str, str, str]]:
    """Under a line for each document one for each body: document or body, state, day, channel."""
    for transmission in plan.transmissions:
        yield (
            transmission_title(transmission, lang=lang),
            transmission_state(transmission, lang=lang),
            translate("relay.since", lang, day=transmission.received),
            "",
        )
        for name, known, days, ways in transmission_lines(transmission, plan=plan, lang=lang):
            yield f"  {name}", known, days, ways


def transmission_lines(transmission: Transmission, *, plan: Plan, lang: str) -> Iterator[tuple[str, str, str, str]]:
    """One line for each body: its name, its state, the days and the channels on record."""
    for recipient in transmission.recipients:
        days = ", ".join(dict.fromkeys(receipt.day for receipt in recipient.receipts))
        ways = ", ".join(dict.fromkeys(channel(receipt, plan=plan, lang=lang) for receipt in recipient.receipts))
        yield clean(recipient.name[lang]), recipient_state(transmission, recipient, lang=lang), days, ways


def only_missing(plan: Plan) -> Plan:
    """The plan with what is still to be passed on only."""
    return replace(plan, transmissions=tuple(replace(t, recipients=t.missing) for t in plan.transmissions if t.missing))


def transmission_title(transmission: Transmission, *, lang: str) -> str:
    """Author and document."""
    return f"{clean(transmission.author_name[lang])} ({clean(transmission.identifier or local_name(transmission.notification))})"


def transmission_state(transmission: Transmission, *, lang: str) -> str:
    """How many of those to whom it is due are on record, and where the duty stands."""
    due = [recipient for recipient in transmission.recipients if recipient.due]
    status = transmission.status.get(lang, "–")
    informed = sum(bool(recipient.receipts) for recipient in due)
    return translate("relay.state", lang, status=status, informed=informed, due=len(due), day=transmission.fixed_on)


def recipient_state(transmission: Transmission, recipient: Recipient, *, lang: str) -> str:
    """Whether the body is on record; what is missing is said with the fault of its address, if it has one."""
    if len(recipient.receipts) > 1:
        return translate("relay.received-several", lang, count=len(recipient.receipts))
    if recipient.receipts:
        return translate("relay.received" if recipient.due else "relay.received-not-due", lang)
    if not transmission.stands:
        return translate("relay.withdrawn", lang)
    fault = address_fault(recipient.addresses)
    return (
        translate("relay.missing", lang) if fault is None else f"{translate('relay.missing', lang)} ({translate(f'relay.{fault}', lang)})"
    )


def channel(receipt: Receipt, *, plan: Plan, lang: str) -> str:
    """The channel by its name; a dash where the record names none."""
    return plan.channels[receipt.channel][lang] if receipt.channel else "–"


def plan_object(plan: Plan, *, lang: str) -> dict[str, Any]:
    """The plan for programs: IRIs in full, days as xsd:date."""
    return {
        "asOf": plan.as_of.isoformat(),
        "knownAt": plan.known_at.isoformat().replace("+00:00", "Z"),
        "reading": plan.reading,
        "transmissions": [_transmission(transmission, plan=plan, lang=lang) for transmission in plan.transmissions],
    }


def _transmission(transmission: Transmission, *, plan: Plan, lang: str) -> dict[str, Any]:
    return {
        "duty": transmission.duty,
        "paragraph": plan.wordings[transmission.norm].number,
        "notification": transmission.notification,
        "document": transmission.document,
        "identifier": transmission.identifier,
        "stands": transmission.stands,
        "author": transmission.author,
        "received": transmission.received,
        "status": transmission.status.get(lang),
        "recipientsFixedOn": transmission.fixed_on,
        "daysSinceReceipt": (plan.as_of - date.fromisoformat(transmission.received[:10])).days,
        "missing": len(transmission.missing),
        "recipients": [_recipient(recipient, lang=lang) for recipient in transmission.recipients],
    }


def _recipient(recipient: Recipient, *, lang: str) -> dict[str, Any]:
    return {
        "body": recipient.body,
        "name": recipient.name[lang],
        "kind": recipient.kind,
        "due": recipient.due,
        "missing": recipient.missing,
        "received": [{"act": r.act, "day": r.day, "channel": r.channel} for r in recipient.receipts],
        "addressFault": address_fault(recipient.addresses),
    }


def plan_turtle(plan: Plan) -> str:
    """The facts of the plan, in the terms in which the rules conclude them."""
    return serialize_turtle(triple for transmission in plan.transmissions for triple in _triples(transmission, plan=plan))


def _triples(transmission: Transmission, *, plan: Plan) -> Iterator[ox.Triple]:
    duty = ox.NamedNode(transmission.duty)
    named = {"ofNorm": transmission.norm, "occasion": transmission.notification, "bearer": plan.wordings[transmission.norm].bearer}
    yield _triple(duty, RDF + "type", ox.NamedNode(OBS + "DutyInstance"))
    for name, iri in named.items():
        yield _triple(duty, OBS + name, ox.NamedNode(iri))
    yield _triple(duty, OBS + "asOf", _day(plan.as_of.isoformat()))
    yield _triple(duty, OBS + "recipientsFixedOn", _day(transmission.fixed_on))
    for recipient in transmission.recipients:
        if recipient.due:
            yield _triple(duty, OBS + "dueTo", ox.NamedNode(recipient.body))
    for recipient in transmission.recipients:
        body = ox.NamedNode(recipient.body)
        if recipient.missing:
            yield _triple(body, OBS + "missedBy", duty)
        if recipient.receipts:
            yield _triple(body, OBS + "informedOf", duty)
    yield from _acts(transmission)


def _acts(transmission: Transmission) -> Iterator[ox.Triple]:
    """The acts on record, each told once."""
    told = set[str]()
    for recipient in transmission.recipients:
        for receipt in recipient.receipts:
            act = ox.NamedNode(receipt.act)
            if receipt.act not in told:
                told.add(receipt.act)
                yield _triple(act, OBS + "passesOn", ox.NamedNode(transmission.duty))
                yield _triple(act, PROV + "used", ox.NamedNode(transmission.notification))
                yield _triple(act, OBS + "relayedOn", _day(receipt.day))
                if receipt.channel:
                    yield _triple(act, OBS + "channel", ox.NamedNode(receipt.channel))
            yield _triple(act, OBS + "informedParty", ox.NamedNode(recipient.body))


def _triple(subject: ox.NamedNode, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), value)


def _day(text: str) -> ox.Literal:
    return ox.Literal(text[:10], datatype=ox.NamedNode(XSD + "date"))
