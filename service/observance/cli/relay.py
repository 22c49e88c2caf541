"""`observance relay plan|prepare|send`: who is to receive what was notified, the messages for them, and their sending."""

from typing import Final

import click

from observance.cli import Commands

_COMMANDS: Final = {
    "plan": "observance.cli.relay_plan",
    "prepare": "observance.cli.relay_plan",
    "send": "observance.cli.relay_send",
}


@click.group(cls=Commands, table=_COMMANDS)
def relay() -> None:
    """Pass on what was notified: plan it, prepare the messages, send them."""
