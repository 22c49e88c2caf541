"""Passing on what was notified: who is to receive it, the messages, their delivery by SMTP, and the records of it.

`plan_transmissions` says who was informed and who is missing; `prepare_outbox` composes messages for the missing; `send_messages` sends
them, each once, with a journal. Everything is imported on first use, because `email` takes long to import.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
