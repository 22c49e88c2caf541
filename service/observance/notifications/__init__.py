"""Transmission of notifications: the recipients, the messages, their delivery by SMTP, and the records of delivery.

`plan_transmissions` gives the recipients, informed and missing; `prepare_outbox` composes messages for the missing ones; `send_messages`
sends each message once and keeps a journal. Everything is imported on first use, because `email` takes long to import.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
