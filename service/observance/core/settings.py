"""The settings: one table of (name, default, help), read from the environment.

`OBSERVANCE_<NAME>` overrides a default. A test checks that the README documents every one of them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import asdict

from observance.core.errors import UsageError


class Setting(Struct, frozen=True):
    """A row of the table: name, default value and help text."""

    name: str
    default: str | int | float
    help: str


SETTINGS: Final = (
    Setting("knowledge", "", "Folder with the four rooms; empty: the one shipped with the program."),
    Setting("language", "", "fr or en; empty: from the locale."),
    Setting("cache", "", "Folder that keeps what was read of the rooms; empty: `observance` in the user's cache folder; off: none."),
    Setting("max_bytes", 10_000_000, "Largest submission or register file read, in bytes."),
    Setting("max_nesting", 100, "Deepest nesting accepted in any syntax."),
    Setting("max_triples", 200_000, "Most triples accepted in one submission."),
    Setting("max_workbook_bytes", 50_000_000, "Largest workbook when unpacked, in bytes."),
    Setting("max_workbook_ratio", 200, "How many times its size a part of a workbook may unpack to."),
    Setting("max_workbook_parts", 1_000, "Most parts of a workbook."),
    Setting("max_workbook_cells", 200_000, "Most cells that are not empty in a workbook."),
    Setting("max_workbook_rows", 20_000, "Last row of a sheet that is read."),
    Setting("max_workbook_columns", 1_000, "Last column of a sheet that is read."),
    Setting("max_query_length", 10_000, "Longest query text, in characters."),
    Setting("max_joins", 160, "Most triple patterns, path steps and groups that a query joins."),
    Setting("max_answer_bytes", 50_000_000, "Largest answer of a query, in bytes."),
    Setting("max_export_rows", 50_000, "Most rows of an answer as a workbook or as CSV for spreadsheets."),
    Setting("max_pdf_characters", 1_000_000, "Longest page that a PDF is made of, in characters."),
    Setting("answer_cache_bytes", 20_000_000, "Most bytes of the answers that the service keeps to give them again; 0: none."),
    Setting("query_seconds", 20.0, "Deadline of a query, in seconds."),
    Setting("anonymous_query_seconds", 5.0, "Deadline of a query that comes to the service from another machine, in seconds."),
    Setting("validate_seconds", 60.0, "Deadline of a validation in the service, in seconds."),
    Setting("assess_seconds", 60.0, "Deadline of an assessment in the service, in seconds."),
    Setting("worker_memory_mb", 2_048, "Most memory of one worker process beside what all of them share, in MiB."),
    Setting("workers", 2, "Worker processes of the service."),
    Setting("connections", 400, "Most connections to the service that are open at once."),
    Setting("client_connections", 32, "Most connections of one client of another machine."),
    Setting("header_seconds", 10.0, "Deadline for the headers of a request, in seconds."),
    Setting("body_seconds", 20.0, "Longest wait while a body or a response makes no progress, in seconds; 10 kB a second are progress."),
    Setting("hosts", "", "Names under which the service is reached, separated by commas; empty: those of this machine alone."),
    Setting("statuses", "disclosed", "To whom statuses are told besides their party and the Secretariat: disclosed, members or public."),
    Setting("proxy", "", "Address of a reverse proxy, whose X-Forwarded-For names the client; empty: there is none."),
    Setting("proxy_header", "", "Header in which that proxy names the account that it has recognised; empty: it recognises none."),
    Setting("log", "", "json: a line of JSON for each request on standard error; empty: none."),
    Setting("metrics", "", "any: /metrics answers every client; empty: this machine alone."),
    Setting("relay_host", "", "Mail server that `relay send` uses; empty: nothing is sent."),
    Setting("relay_port", 587, "Its port."),
    Setting("relay_tls", "starttls", "starttls, tls (from the first byte) or none (never with a password)."),
    Setting("relay_user", "", "User at the mail server; empty: no login."),
    Setting("relay_password", "", "That user's password."),
    Setting("relay_sender", "", "Address from which notifications are passed on."),
    Setting("relay_seconds", 60.0, "Longest wait for each answer of the mail server, in seconds."),
    Setting("relay_settle_seconds", 30.0, "Wait before a message missing from the archive counts as not taken, in seconds."),
)

_SECRET: Final = frozenset({"relay_password"})


class Settings(Struct, frozen=True):
    """The values in force, one field for each row of `SETTINGS`, and the registers to open."""

    knowledge: str = ""
    language: str = ""
    cache: str = ""
    max_bytes: int = 10_000_000
    max_nesting: int = 100
    max_triples: int = 200_000
    max_workbook_bytes: int = 50_000_000
    max_workbook_ratio: int = 200
    max_workbook_parts: int = 1_000
    max_workbook_cells: int = 200_000
    max_workbook_rows: int = 20_000
    max_workbook_columns: int = 1_000
    max_query_length: int = 10_000
    max_joins: int = 160
    max_answer_bytes: int = 50_000_000
    max_export_rows: int = 50_000
    max_pdf_characters: int = 1_000_000
    answer_cache_bytes: int = 20_000_000
    query_seconds: float = 20.0
    anonymous_query_seconds: float = 5.0
    validate_seconds: float = 60.0
    assess_seconds: float = 60.0
    worker_memory_mb: int = 2_048
    workers: int = 2
    connections: int = 400
    client_connections: int = 32
    header_seconds: float = 10.0
    body_seconds: float = 20.0
    hosts: str = ""
    statuses: str = "disclosed"
    proxy: str = ""
    proxy_header: str = ""
    log: str = ""
    metrics: str = ""
    relay_host: str = ""
    relay_port: int = 587
    relay_tls: str = "starttls"
    relay_user: str = ""
    relay_password: str = ""
    relay_sender: str = ""
    relay_seconds: float = 60.0
    relay_settle_seconds: float = 30.0
    registers: tuple[Path, ...] = ()

    @property
    def public_values(self) -> Mapping[str, object]:
        """The settings that are not secret, by name."""
        return {name: value for name, value in asdict(self).items() if name not in _SECRET}

    def __repr__(self) -> str:
        """Return the settings without secrets, which must not reach a log."""
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self.public_values.items())})"


def settings_from_environment(environment: Mapping[str, str]) -> Settings:
    """Return the settings, with the environment's values in place of defaults; raises UsageError for a value of the wrong type."""
    values: dict[str, object] = {}
    for setting in SETTINGS:
        text = environment.get(f"OBSERVANCE_{setting.name.upper()}")
        if text is None:
            continue
        try:
            values[setting.name] = type(setting.default)(text)
        except ValueError:
            raise UsageError("cli.bad-setting", name=f"OBSERVANCE_{setting.name.upper()}", value=text) from None
    return Settings(**values)  # type: ignore[arg-type]  # each value has its default's type
