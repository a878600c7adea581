"""A database with a study of Optuna: opened, and its errors told without its password.

Of what others may have written there, Optuna reads numbers, texts and JSON. It unpickles nothing:
that is in storages of journals in Redis alone, which aren't taken.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, final

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.searching import DriverMissing, StorageUnusable

if TYPE_CHECKING:
    from optuna.storages import RDBStorage
    from sqlalchemy.engine import URL

__all__ = ["Database"]

# Seconds between two signs of life, and after which a trial without one is taken up by others.
BEAT_EVERY, GIVEN_UP_AFTER = 30, 300
# Seconds to wait for others who write to a file of SQLite.
_PATIENCE = 60
# Several processes that begin at once make the tables at once, of which all but one fail.
_TRIES = 10
_PACKAGES: Mapping[str, str] = {
    "MySQLdb": "mysqlclient",
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "mysql": "mysql-connector-python",
}
"""What is installed under another name than it is imported by."""


@final
class Database:
    """An open database; `shown` is its URL without a password or options."""

    def __init__(self, url: str) -> None:
        """Raises `NetlangError` if it can't be used, and `ImportError` without Optuna."""
        from optuna import logging

        logging.set_verbosity(logging.ERROR)
        self._secrets: tuple[str, ...] = ()
        self.shown = f"{url.partition('://')[0]}://..." if "://" in url else "..."
        parsed = self._parsed(url)
        self.shown = parsed.set(query={}).render_as_string(hide_password=True)
        written = url.partition("://")[2].rpartition("@")[0].partition(":")[2]
        self._secrets = tuple(filter(None, (url, parsed.password, written, *_options(parsed))))
        self.storage = self._opened(parsed)

    @contextmanager
    def used(self) -> Iterator[None]:
        """Inside, what the database refuses is an error without its password.

        Raises `ValueError` for trials with the same number, as deleted ones leave them.
        """
        from optuna.exceptions import StorageInternalError
        from sqlalchemy.exc import MultipleResultsFound, SQLAlchemyError

        try:
            yield
        except (SQLAlchemyError, StorageInternalError) as error:
            cause = error.__cause__ if isinstance(error, StorageInternalError) else error
            if isinstance(cause, MultipleResultsFound):
                raise ValueError("two trials have the same number: one was deleted") from None
            raise self._unusable(_reason(cause or error)) from None

    def _parsed(self, url: str) -> URL:
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            url.encode()
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            raise self._unusable("it is no URL of a database", _AN_URL) from None
        in_memory = not parsed.database or ":memory:" in parsed.database
        in_memory = in_memory or parsed.query.get("mode") == "memory"
        if parsed.get_backend_name() == "sqlite" and in_memory:
            raise self._unusable("a database in memory is of one process alone", _AN_URL)
        return parsed

    def _opened(self, url: URL) -> RDBStorage:
        """The storage, with its tables made if there are none."""
        from sqlalchemy.exc import IntegrityError, SAWarning, SQLAlchemyError

        for left in reversed(range(_TRIES)):
            try:
                with self.used():
                    try:
                        return self._storage(url)
                    except SQLAlchemyError as error:
                        others = isinstance(error, IntegrityError) or "already exists" in str(error)
                        if not left or not others:
                            raise
            except ImportError as error:
                raise self._without(error) from None
            except SAWarning:
                raise self._unusable("its driver has no such option", _AN_URL) from None
            except (TypeError, ValueError) as error:
                raise self._unusable(_reason(error), _AN_URL) from None
            except RuntimeError:
                why = "its tables are of another release of Optuna"
                raise self._unusable(why, _ANOTHER_RELEASE) from None
            time.sleep(0.2)
        raise AssertionError("the last try returns or raises")

    def _storage(self, url: URL) -> RDBStorage:
        from optuna.exceptions import ExperimentalWarning
        from optuna.storages import RDBStorage
        from sqlalchemy.exc import SAWarning
        from sqlalchemy.pool import NullPool

        # No connection stays open: a process that reads images is a fork, and servers close idle
        # ones.
        options: dict[str, Any] = {"poolclass": NullPool}
        if url.get_backend_name() == "sqlite":
            options["connect_args"] = {"timeout": _PATIENCE}
        # Optuna fills in a template: what looks like one in a password must stay.
        text = url.render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            warnings.filterwarnings("error", "Query string argument", SAWarning)
            return RDBStorage(
                text, options, heartbeat_interval=BEAT_EVERY, grace_period=GIVEN_UP_AFTER
            )

    def _without(self, error: ImportError) -> NetlangError:
        """The error for a driver that is missing."""
        cause = error if error.name else error.__cause__
        name = (getattr(cause, "name", None) or "its driver").partition(".")[0]
        package = _PACKAGES.get(name, name)
        return NetlangError(DriverMissing(span=None, url=self.shown, package=package))

    def _unusable(self, why: str, advice: str = "") -> NetlangError:
        for secret in self._secrets:
            why = why.replace(secret, "***")
        advice = advice or _REACH_IT
        return NetlangError(StorageUnusable(span=None, url=self.shown, why=why, advice=advice))


_REACH_IT = (
    "see that it is there, and that this host and its user may write to it; what was trained before"
    " is kept, and `--resume` goes on"
)
_AN_URL = (
    "give one such as `sqlite:///trials.db`, `postgresql://user@host/name` or"
    " `mysql://user@host/name`"
)
_ANOTHER_RELEASE = (
    "install the same release of Optuna on all hosts, or bring the tables up to date with its"
    " command `optuna storage upgrade`"
)


def _options(url: URL) -> Iterator[str]:
    """Values of a URL's options: a password may stand there too."""
    for value in url.query.values():
        yield from (value,) if isinstance(value, str) else value


def _reason(error: BaseException) -> str:
    """What a driver says, in a line."""
    said = getattr(error, "orig", None) or error
    return next(iter(str(said).strip().splitlines()), type(said).__name__)
