"""The service answers under the names that it is given, and under no other: a page of another origin cannot make itself one of it."""

from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from observance.cli import cli
from observance.core import Settings, UsageError
from observance.web import close, create_app


@pytest.fixture(scope="module", params=["", "register.example.org, www.example.org"])
def client(request: pytest.FixtureRequest) -> Iterator[tuple[FlaskClient, str]]:
    """A client of a service with these names, and one of them."""
    app = create_app(Settings(workers=1, hosts=request.param))
    yield app.test_client(), request.param.partition(",")[0] or "127.0.0.1"
    close(app)


@pytest.mark.parametrize("path", ["/", "/health", "/sparql?query=ASK%7B%7D", "/absent", "/static/absent.css"])
def test_names(client: tuple[FlaskClient, str], path: str):
    """A request under a name of the service, with any port, is answered as ever; one under another is refused and names neither."""
    service, name = client
    known = [service.get(path, headers={"Host": host}).status_code for host in (name, f"{name}:8000", name.upper())]
    assert known == [404 if "absent" in path else 200] * 3
    for host in (
        "evil.example",
        "evil.example:8000",
        f"{name}.evil.example",
        f"evil-{name}",
        "",
        f"{name}:8000:1",
        f"{name}@evil.example",
        f"{name}/evil",
    ):
        for accept in ("text/html", "application/json"):
            refused = service.get(path, headers={"Host": host, "Accept": accept})
            assert refused.status_code == 400, host
            assert "evil" not in refused.text
            assert "Location" not in refused.headers


def test_to_listen_everywhere_needs_names(monkeypatch: pytest.MonkeyPatch):
    """A service for all addresses is told its names."""
    monkeypatch.delenv("OBSERVANCE_HOSTS", raising=False)
    result = CliRunner().invoke(cli, ["serve", "--host", "0.0.0.0", "--port", "0"], standalone_mode=False)
    assert isinstance(result.exception, UsageError)
    assert "OBSERVANCE_HOSTS" in str(result.exception)
