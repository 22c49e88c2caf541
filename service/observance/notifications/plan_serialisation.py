"""The plan as rows of a table, as a JSON object and as Turtle."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyoxigraph as ox
from msgspec.structs import replace

from observance.core import OBS, PROV, RDF, XSD, format_day, local_name, translate
from observance.notifications.outbox import address_fault, sanitise_line
from observance.notifications.plan import Receipt, Recipient, Transmission, TransmissionPlan
from observance.rdf import serialize_turtle


def plan_rows(plan: TransmissionPlan, *, lang: str) -> Iterator[tuple[str, str, str, str]]:
    """Table rows of name, state, days and channels: one for each document, followed by one for each of its recipients."""
    for transmission in plan.transmissions:
        yield (
            transmission_title(transmission, lang=lang),
            transmission_state(transmission, lang=lang),
            translate("relay.since", lang, day=transmission.received),
            "",
        )
        for name, state, days, channels in recipient_rows(transmission, plan=plan, lang=lang):
            yield f"  {name}", state, days, channels


def recipient_rows(transmission: Transmission, *, plan: TransmissionPlan, lang: str) -> Iterator[tuple[str, str, str, str]]:
    """A row for each recipient: its name, its state, and the days and channels of its receipts."""
    for recipient in transmission.recipients:
        days = ", ".join(dict.fromkeys(receipt.day for receipt in recipient.receipts))
        channels = ", ".join(dict.fromkeys(channel_name(receipt, plan=plan, lang=lang) for receipt in recipient.receipts))
        yield sanitise_line(recipient.name[lang]), recipient_state(transmission, recipient, lang=lang), days, channels


def missing_only(plan: TransmissionPlan) -> TransmissionPlan:
    """The plan restricted to missing recipients and to the transmissions that have any."""
    return replace(
        plan, transmissions=tuple(replace(t, recipients=t.missing_recipients) for t in plan.transmissions if t.missing_recipients)
    )


def transmission_title(transmission: Transmission, *, lang: str) -> str:
    """The author and the identifier of the document."""
    identifier = transmission.identifier or local_name(transmission.notification)
    return f"{sanitise_line(transmission.author_name[lang])} ({sanitise_line(identifier)})"


def transmission_state(transmission: Transmission, *, lang: str) -> str:
    """The status of the duty, with the numbers of recipients informed and due, as a sentence."""
    due = [recipient for recipient in transmission.recipients if recipient.is_due]
    status = transmission.status.get(lang, "–")
    informed = sum(bool(recipient.receipts) for recipient in due)
    return translate(
        "relay.state", lang, status=status, informed=informed, due=len(due), day=format_day(str(transmission.recipients_fixed_on), lang)
    )


def recipient_state(transmission: Transmission, recipient: Recipient, *, lang: str) -> str:
    """The state of the recipient in words: received, withdrawn or missing, the last with the fault of its addresses."""
    if len(recipient.receipts) > 1:
        return translate("relay.received-several", lang, count=len(recipient.receipts))
    if recipient.receipts:
        return translate("relay.received" if recipient.is_due else "relay.received-not-due", lang)
    if not transmission.is_in_force:
        return translate("relay.withdrawn", lang)
    missing, fault = translate("relay.missing", lang), address_fault(recipient.addresses)
    return missing if fault is None else f"{missing} ({translate(f'relay.{fault}', lang)})"


def channel_name(receipt: Receipt, *, plan: TransmissionPlan, lang: str) -> str:
    """The name of the channel; a dash if the record names none."""
    return plan.channels[receipt.channel][lang] if receipt.channel else "–"


def plan_to_json(plan: TransmissionPlan, *, lang: str) -> dict[str, Any]:
    """The plan as a JSON object: full IRIs, days as in xsd:date."""
    return {
        "asOf": plan.as_of.isoformat(),
        "knownAt": plan.known_at.isoformat().replace("+00:00", "Z"),
        "reading": plan.reading,
        **({"registerWarning": dict(plan.warning)} if plan.warning else {}),
        "transmissions": [_transmission_to_json(transmission, plan=plan, lang=lang) for transmission in plan.transmissions],
    }


def _transmission_to_json(transmission: Transmission, *, plan: TransmissionPlan, lang: str) -> dict[str, Any]:
    return {
        "duty": transmission.duty,
        "paragraph": plan.wordings[transmission.norm].number,
        "notification": transmission.notification,
        "document": transmission.document,
        "identifier": transmission.identifier,
        "stands": transmission.is_in_force,
        "author": transmission.author,
        "received": transmission.received,
        "status": transmission.status.get(lang),
        "recipientsFixedOn": transmission.recipients_fixed_on,
        "daysSinceReceipt": (plan.as_of - date.fromisoformat(transmission.received[:10])).days,
        "missing": len(transmission.missing_recipients),
        "recipients": [_recipient_to_json(recipient, lang=lang) for recipient in transmission.recipients],
    }


def _recipient_to_json(recipient: Recipient, *, lang: str) -> dict[str, Any]:
    return {
        "body": recipient.body,
        "name": recipient.name[lang],
        "kind": recipient.kind,
        "due": recipient.is_due,
        "missing": recipient.is_missing,
        "received": [{"act": r.act, "day": r.day, "channel": r.channel} for r in recipient.receipts],
        "addressFault": address_fault(recipient.addresses),
    }


def plan_turtle(plan: TransmissionPlan) -> str:
    """The facts of the plan as Turtle, in the terms of the rules' conclusions."""
    return serialize_turtle(triple for transmission in plan.transmissions for triple in _transmission_triples(transmission, plan=plan))


def _transmission_triples(transmission: Transmission, *, plan: TransmissionPlan) -> Iterator[ox.Triple]:
    duty = ox.NamedNode(transmission.duty)
    properties = {"ofNorm": transmission.norm, "occasion": transmission.notification, "bearer": plan.wordings[transmission.norm].bearer}
    yield _triple(duty, RDF + "type", ox.NamedNode(OBS + "DutyInstance"))
    for name, iri in properties.items():
        yield _triple(duty, OBS + name, ox.NamedNode(iri))
    yield _triple(duty, OBS + "asOf", _date_literal(plan.as_of.isoformat()))
    yield _triple(duty, OBS + "recipientsFixedOn", _date_literal(transmission.recipients_fixed_on))
    for recipient in transmission.recipients:
        if recipient.is_due:
            yield _triple(duty, OBS + "dueTo", ox.NamedNode(recipient.body))
    for recipient in transmission.recipients:
        body = ox.NamedNode(recipient.body)
        if recipient.is_missing:
            yield _triple(body, OBS + "missedBy", duty)
        if recipient.receipts:
            yield _triple(body, OBS + "informedOf", duty)
    yield from _act_triples(transmission)


def _act_triples(transmission: Transmission) -> Iterator[ox.Triple]:
    """The acts of informing on record, each once, with the bodies that they informed."""
    described = set[str]()
    for recipient in transmission.recipients:
        for receipt in recipient.receipts:
            act = ox.NamedNode(receipt.act)
            if receipt.act not in described:
                described.add(receipt.act)
                yield _triple(act, OBS + "passesOn", ox.NamedNode(transmission.duty))
                yield _triple(act, PROV + "used", ox.NamedNode(transmission.notification))
                yield _triple(act, OBS + "relayedOn", _date_literal(receipt.day))
                if receipt.channel:
                    yield _triple(act, OBS + "channel", ox.NamedNode(receipt.channel))
            yield _triple(act, OBS + "informedParty", ox.NamedNode(recipient.body))


def _triple(subject: ox.NamedNode, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), value)


def _date_literal(text: str) -> ox.Literal:
    return ox.Literal(text[:10], datatype=ox.NamedNode(XSD + "date"))
