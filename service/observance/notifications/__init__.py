"""Passing on what was notified: who is to receive it, the messages, their delivery by SMTP, and the records of it.

`plan_transmissions` says who was informed and who is missing; `prepare_outbox` composes messages for the missing; `send_messages` sends
them, each once, with a journal. Everything is imported on first use, because `email` takes long to import.
"""

from typing import TYPE_CHECKING

from observance.core.lazy import lazy_exports

if TYPE_CHECKING:
    from observance.notifications.journal import open_journal
    from observance.notifications.model import TransmissionPlan
    from observance.notifications.outbox import message_content, prepare_outbox, read_outbox, write_outbox
    from observance.notifications.plan import plan_transmissions
    from observance.notifications.plan_serialisation import (
        missing_only,
        plan_rows,
        plan_to_json,
        plan_turtle,
        transmission_lines,
        transmission_state,
        transmission_title,
    )
    from observance.notifications.sending import (
        ALREADY_RECORDED,
        ASSUME_SENT,
        CHECK_ARCHIVE,
        DELIVERED,
        FAULTS,
        IN_DOUBT,
        RECOVERED,
        RESEND,
        SETTLED_SENT,
        SendingOptions,
        SendingOutcome,
        archived_messages,
        send_messages,
    )
    from observance.notifications.smtp import MailServer

__all__ = [
    "ALREADY_RECORDED", "ASSUME_SENT", "CHECK_ARCHIVE", "DELIVERED", "FAULTS", "IN_DOUBT", "RECOVERED", "RESEND", "SETTLED_SENT",
    "MailServer", "SendingOptions", "SendingOutcome", "TransmissionPlan", "archived_messages", "message_content", "missing_only",
    "open_journal", "plan_rows", "plan_to_json", "plan_transmissions", "plan_turtle", "prepare_outbox", "read_outbox", "send_messages",
    "transmission_lines", "transmission_state", "transmission_title", "write_outbox",
]  # fmt: skip

__getattr__, __dir__ = lazy_exports(__name__, {
    "open_journal": "journal",
    "TransmissionPlan": "model",
    "message_content": "outbox", "prepare_outbox": "outbox", "read_outbox": "outbox", "write_outbox": "outbox",
    "plan_transmissions": "plan",
    "missing_only": "plan_serialisation", "plan_rows": "plan_serialisation", "plan_to_json": "plan_serialisation",
    "plan_turtle": "plan_serialisation", "transmission_lines": "plan_serialisation", "transmission_state": "plan_serialisation",
    "transmission_title": "plan_serialisation",
    "ALREADY_RECORDED": "sending", "ASSUME_SENT": "sending", "CHECK_ARCHIVE": "sending", "DELIVERED": "sending", "FAULTS": "sending",
    "IN_DOUBT": "sending", "RECOVERED": "sending", "RESEND": "sending", "SETTLED_SENT": "sending", "SendingOptions": "sending",
    "SendingOutcome": "sending", "archived_messages": "sending", "send_messages": "sending",
    "MailServer": "smtp",
})  # fmt: skip
