"""The time of day."""

from datetime import UTC, datetime


def current_time() -> datetime:
    """The time of day in UTC, to the second: the default of options and of the service, and the only place where the clock is read."""
    return datetime.now(UTC).replace(microsecond=0)
