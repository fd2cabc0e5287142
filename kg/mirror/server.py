"""A Neo4j server, spoken to over Bolt: every fault of it is one line that says what to do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from kg.errors import Refused, StoreError

DEFAULT_URI = "bolt://localhost:7687"
SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
PATIENCE = 10.0
"""Seconds for a connection to come about, and for retrying what the server could not do at once."""
Row = dict[str, Any]
Result = TypeVar("Result")


class Server:
    """One database of one server; a context manager that hangs up at the end.

    Args:
        uri: such as ``"bolt://localhost:7687"``, or ``"neo4j+s://…"`` for a cluster or Aura.
        database: its name, or ``None`` for the one that the server takes by default.

    Raises:
        StoreError: nothing answers, the password is wrong, there is no such database; from each method too, where that happens
            later.
        Refused: ``uri`` is none.
    """

    def __init__(self, uri: str, *, username: str = "neo4j", password: str = "", database: str | None = None) -> None:
        import neo4j

        self.uri, self.database = _checked(uri), database
        # The driver tells its log of every deprecated word and unknown label, and without a handler that goes to the terminal.
        logging.getLogger("neo4j").addHandler(logging.NullHandler())
        with self._in_words():
            self._driver = neo4j.GraphDatabase.driver(
                self.uri,
                auth=(username, password),
                connection_timeout=PATIENCE,
                connection_acquisition_timeout=2 * PATIENCE,
                max_transaction_retry_time=PATIENCE,
                user_agent="exapt",
            )
            try:
                # Asking something finds a wrong database too, which is not found by looking for the server alone.
                with self._driver.session(database=database) as session:
                    session.run("RETURN 1").consume()
            except BaseException:
                self._driver.close()
                raise

    def close(self) -> None:
        self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, work: Callable[[Any], Result]) -> Result:
        """All that ``work(transaction)`` does or nothing of it, tried again where the server asks for that."""
        with self._in_words(), self._driver.session(database=self.database) as session:
            return session.execute_write(work)

    def run(self, cypher: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """One statement in a transaction that commits itself; its rows."""
        with self._in_words(), self._driver.session(database=self.database) as session:
            return [record.data() for record in session.run(cypher, dict(parameters or {}))]

    def each(self, cypher: str, parameters: Mapping[str, object] | None = None) -> Iterator[list[Any]]:
        """Rows as lists of values, one at a time, for an answer that is too large to hold."""
        with self._in_words(), self._driver.session(database=self.database, fetch_size=5000) as session:
            for record in session.run(cypher, dict(parameters or {})):
                yield record.values()

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        from neo4j import exceptions

        try:
            yield
        except exceptions.AuthError as error:
            raise StoreError(self.uri, _refusal(error)) from error
        except exceptions.ConfigurationError as error:
            raise Refused(f"{self.uri} cannot be used: {_line(error)}") from error
        except (exceptions.ServiceUnavailable, exceptions.SessionExpired, OSError) as error:
            raise StoreError(
                self.uri, "no Neo4j answers there; is it running, and is this its Bolt port? (exapt neo4j up starts one)"
            ) from error
        except exceptions.Neo4jError as error:
            raise StoreError(self.uri, self._complaint(error)) from error
        except exceptions.DriverError as error:
            raise StoreError(self.uri, _line(error)) from error

    def _complaint(self, error: Any) -> str:
        code = error.code or ""
        if "DatabaseNotFound" in code or "DatabaseUnavailable" in code:
            return f"it has no database called {self.database or 'as its default says'!r}; --database names another"
        if code.startswith("Neo.ClientError.Security"):
            return f"this user may not do that ({_line(error)})"
        if "ConstraintCreationFailed" in code or "ConstraintValidationFailed" in code:
            return f"nodes there contradict each other ({_line(error)}); exapt neo4j wipe, then push again"
        return _line(error)


def _refusal(error: Any) -> str:
    if "RateLimit" in (error.code or ""):
        return "too many wrong passwords; wait half a minute, then try again with the right one"
    if "CredentialsExpired" in (error.code or ""):
        return "the password must be changed first; log in once with Neo4j Browser"
    return "it does not take this user name and password; set NEO4J_USERNAME and NEO4J_PASSWORD"


def _line(error: Exception) -> str:
    text = str(getattr(error, "message", None) or error)
    return " ".join(text.split())[:300]


def _checked(uri: str) -> str:
    try:
        parts = urlsplit(uri)
        scheme, host, _ = parts.scheme, parts.hostname, parts.port
    except ValueError as error:
        raise Refused(f"{uri!r:.100} is no address of a Neo4j server ({error}); one looks like {DEFAULT_URI}") from None
    if parts.username or parts.password:
        raise Refused("the address of the server must not hold a password; set NEO4J_USERNAME and NEO4J_PASSWORD instead")
    if scheme not in SCHEMES or not host:
        hint = " (Bolt, not the page of Neo4j Browser)" if scheme.startswith("http") else ""
        raise Refused(f"{uri!r:.100} is no address of a Neo4j server{hint}; one looks like {DEFAULT_URI}")
    return uri
