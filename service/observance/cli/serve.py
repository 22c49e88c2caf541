"""`observance serve`: the HTTP service, by default on the loopback address only."""

import signal
from pathlib import Path
from typing import Final

import click
from msgspec.structs import replace

from observance.cli.options import knowledge_option, lang_option, load_settings, register_option, resolve_language
from observance.core import UsageError, translate

_EVERYWHERE: Final = ("", "0.0.0.0", "::")  # noqa: S104 - refused without names


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on; 0: any free one.")
@register_option
@knowledge_option
@lang_option
def serve(*, host: str, port: int, registers: tuple[Path, ...], knowledge: Path | None, lang: str | None) -> None:
    """Serve pages and an API: the text with its follow-up items, questions, SPARQL, validation. Ctrl-C ends it.

    Without --register, questions are asked of the demo register, whose Members and Unions are all invented.
    """
    from observance.web import LOOPBACK_NAMES, close, create_app, open_socket, run_server, server_address
    from observance.workers import adopt_orphans, return_freed_memory

    settings = load_settings(knowledge)
    if not settings.hosts and host in _EVERYWHERE:
        raise UsageError("web.no-hosts", host=host)
    name = f"[{host}]" if ":" in host else host
    hosts = settings.hosts or ("" if name in LOOPBACK_NAMES else name)
    settings = replace(settings, registers=registers, language=lang or settings.language, hosts=hosts)
    # SIGTERM raises KeyboardInterrupt too, so that the worker processes are closed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with open_socket(host, port) as listener:
        # The loader of a new version of the register is forked from the one before, which then ends.
        adopt_orphans()
        return_freed_memory()
        app = create_app(settings)
        try:
            click.echo(translate("web.open", resolve_language(lang), address=server_address(listener, host=host)))
            run_server(app, listener)
        finally:
            close(app)
