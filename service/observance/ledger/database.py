"""The database of a ledger: a file of SQLite, or PostgreSQL, named by a file that says where it is.

A ledger is always named by a file: the database itself, or a file in TOML with the line `url = "postgresql://…"`, and `key`, the file of
the log's private key. A password stays out of both: PostgreSQL's own variables and files hold it.
"""

import os
import secrets
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace

from observance.core import InvalidInputError, UnavailableError, UsageError
from observance.ledger.files import APPLICATION, POINTER
from observance.ledger.tables import LOG, VERSION

_LOCK: Final = 0x6F627365
"""The number of the lock in PostgreSQL that who appends holds."""
_LONGEST_NAME: Final = 255
_BUSY_SECONDS: Final = 30
_READERS: Final = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid())
     + (SELECT count(*) FROM pg_prepared_xacts)
     + (SELECT count(*) FROM pg_replication_slots WHERE xmin IS NOT NULL)"""
"""The number of those who still hold a state of the database in PostgreSQL."""
_CLEARING_SECONDS: Final = 2
_VERSION_OF_TABLES: Final = sa.select(sa.column("version_num", sa.Text)).select_from(sa.table("alembic_version"))
_PARAMETERS: Final = frozenset({"host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout"})


class Location(Struct, frozen=True):
    """Where a ledger is: the file that names it, the address in PostgreSQL (None: the file is the database), and the private key's file."""

    file: Path
    url: sa.URL | None
    key: Path

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file of SQLite."""
        return self.url is None


def locate(file: Path) -> Location:
    """Return where the ledger is that the file names; raises InvalidInputError for a file in TOML that does not say so."""
    if file.suffix.lower() != POINTER:
        target = Path(os.path.realpath(file))
        return Location(file, None, target.with_name(f"{target.name}.key"))
    try:
        named = tomllib.loads(file.read_text(encoding="utf-8"))
        url, key = sa.make_url(named["url"]), named["key"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError, sa.exc.ArgumentError):
        raise InvalidInputError("ledger.bad-location", file=file) from None
    is_postgresql = url.get_backend_name() == "postgresql" and url.password is None and url.query.keys() <= _PARAMETERS
    is_address = is_postgresql and all(isinstance(value, str) for value in url.query.values())
    if not is_address or not isinstance(key, str) or not key or "\0" in key or len(key.encode()) > _LONGEST_NAME:
        raise InvalidInputError("ledger.bad-location", file=file)
    return Location(file, url.set(drivername="postgresql+psycopg"), file.parent / key)


def open_engine(location: Location, *, for_reading: bool) -> sa.Engine:
    """Return the engine for the database; nothing is connected yet. Raises UsageError without the driver of PostgreSQL."""
    if location.url is not None:
        try:
            return sa.create_engine(location.url, pool_pre_ping=True)
        except ModuleNotFoundError:
            raise UsageError("ledger.no-driver") from None
    path = str(location.file.absolute())
    if for_reading:
        query = {"uri": "true", "mode": "ro", **({"immutable": "1"} if _is_fixed(location.file) else {})}
        url = sa.URL.create("sqlite", database=f"file:{quote(os.fsencode(path))}", query=query)
    else:
        url = sa.URL.create("sqlite", database=path)
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    sa.event.listen(engine, "connect", _configure_reading if for_reading else _configure_writing)
    return engine


def _is_fixed(file: Path) -> bool:
    """Whether the database is on a medium on which nobody writes, and where nothing can be written beside it either."""
    log = file.with_name(f"{file.name}-wal")
    try:
        return bool(os.statvfs(file).f_flag & os.ST_RDONLY) and not (log.exists() and log.stat().st_size)
    except OSError:
        return False


def _configure_reading(connection: Any, _record: object) -> None:
    # Transactions begin where this program says so, and not where the driver thinks fit.
    connection.isolation_level = None


def _configure_writing(connection: Any, record: object) -> None:
    _configure_reading(connection, record)
    # What is committed is in the database too as soon as no reader needs the state before: a damaged write-ahead log loses nothing then.
    for pragma in ("synchronous = FULL", "wal_autocheckpoint = 1", "secure_delete = ON", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that sees one state of the ledger; raises UnavailableError if the database does not answer."""
    with _database_errors(engine), engine.connect() as connection:
        is_sqlite = _is_sqlite(engine)
        connection.execute(sa.text("BEGIN" if is_sqlite else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        try:
            yield connection
        finally:
            connection.rollback()


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that alone may append; what it did is durable when the context ends, and undone if that raises.

    Raises UnavailableError if the database cannot write it.
    """
    with _database_errors(engine), engine.connect() as connection:
        is_sqlite = _is_sqlite(engine)
        connection.execute(sa.text("BEGIN IMMEDIATE") if is_sqlite else sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


@contextmanager
def _database_errors(engine: sa.Engine) -> Iterator[None]:
    """A context in which an error of the database is raised as UnavailableError."""
    try:
        yield
    except (sa.exc.DBAPIError, sa.exc.ArgumentError, UnicodeDecodeError) as error:  # the last, for a message about damaged text
        name = Path((engine.url.database or "").removeprefix("file:")).name
        cause = getattr(error, "orig", None) or error
        lines = str(cause).strip().splitlines() or [type(cause).__name__]
        raise UnavailableError("ledger.unavailable", name=name, detail=lines[0]) from error


def _is_sqlite(engine: sa.Engine) -> bool:
    return engine.dialect.name == "sqlite"


@contextmanager
def new_database(location: Location) -> Iterator[sa.Connection]:
    """A connection to a new database with the tables of a ledger; what is written there is there when the context ends, or nothing is.

    Raises UsageError where there is a ledger or another file.
    """
    if location.is_sqlite:
        with _new_file(location) as connection:
            yield connection
        return
    engine = open_engine(location, for_reading=False)
    try:
        with writing(engine) as connection:
            _migrate(connection)
            if connection.execute(sa.select(LOG)).first() is not None:
                raise UsageError("ledger.exists", file=location.file)
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _new_file(location: Location) -> Iterator[sa.Connection]:
    """A connection to a draft of the database, which gets its name last."""
    if location.file.exists() or location.file.is_symlink():
        raise UsageError("ledger.exists", file=location.file)
    draft = location.file.with_name(f".{location.file.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
        engine = open_engine(replace(location, file=draft), for_reading=False)
        try:
            with _database_errors(engine), engine.connect() as connection:
                for pragma in ("journal_mode = WAL", f"application_id = {APPLICATION}"):
                    connection.exec_driver_sql(f"PRAGMA {pragma}")
            with writing(engine) as connection:
                _migrate(connection)
                yield connection
            with _database_errors(engine), engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            engine.dispose()
        os.link(draft, location.file)
    except FileExistsError:
        raise UsageError("ledger.exists", file=location.file) from None
    except OSError as error:
        raise UsageError("cli.cannot-write", folder=location.file, reason=error.strerror or type(error).__name__) from None
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            draft.with_name(draft.name + ending).unlink(missing_ok=True)


def delete_database(location: Location) -> None:
    """Delete the tables of the ledger or, in SQLite, the files of its database."""
    if location.is_sqlite:
        for ending in ("", "-wal", "-shm"):
            location.file.with_name(location.file.name + ending).unlink(missing_ok=True)
        return
    engine = open_engine(location, for_reading=False)
    with writing(engine) as connection:
        _migrate(connection, to="base")
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    engine.dispose()


def upgrade(engine: sa.Engine) -> None:
    """Bring the tables to the version of this program; raises UsageError if they are of a later one."""
    with reading(engine) as connection:
        version = connection.execute(_VERSION_OF_TABLES).scalar()
    if version == VERSION:
        return
    if not isinstance(version, str) or not version.isdecimal() or int(version) > int(VERSION):
        raise UsageError("ledger.later-version", version=version, known=VERSION)
    with writing(engine) as connection:
        _migrate(connection)


def _migrate(connection: sa.Connection, *, to: str = VERSION) -> None:
    # Imported here because a ledger is far more often used than made.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    (command.downgrade if to == "base" else command.upgrade)(config, to)


def clear_deleted(engine: sa.Engine) -> bool:
    """Overwrite on disk what was deleted from the database; return False if somebody still reads the state before, so that it is not."""
    with _database_errors(engine), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if _is_sqlite(engine):
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {_CLEARING_SECONDS * 1000}")
            row = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
            return not row[0]
        connection.execute(sa.text(f"SET lock_timeout = '{_CLEARING_SECONDS}s'"))
        if connection.execute(sa.text(_READERS)).scalar_one():
            return False
        try:
            for table in ("contents", "particulars", "names"):
                connection.execute(sa.text(f"VACUUM FULL {table}"))
        except sa.exc.OperationalError:
            return False
        return True
