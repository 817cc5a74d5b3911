"""PostgreSQL databases that are copies of one: a migration takes seconds, a copy takes none."""

import atexit
import os
from functools import cache
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier

DROP: Final = "DROP DATABASE IF EXISTS {} WITH (FORCE)"


def _named(url: str, name: str) -> str:
    """Return the address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def is_replaceable(url: str) -> bool:
    """Tell whether a copy may take a database's place: it has no table of Django's, and is not the server's own."""
    if not url.startswith("postgresql:") or url == server_of(url):
        return False
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT to_regclass('django_migrations') IS NULL").fetchone()
    assert row is not None
    return bool(row[0])


@cache
def template(server: str) -> str:
    """Make an empty database on the server with this address, dropped when this process ends. Returns its address."""
    name = f"chatsite_template_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL(DROP).format(Identifier(name)))
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    atexit.register(_drop, server, name)
    return _named(server, name)


def _drop(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL(DROP).format(Identifier(name)))


def server_of(url: str) -> str:
    """Return the address of the database that every server has."""
    return _named(url, "postgres")


def copy(source: str, url: str) -> None:
    """Make a database anew, as a copy of another, to which nobody may be connected."""
    old, new = (Identifier(urlsplit(each).path[1:]) for each in (source, url))
    with psycopg.connect(server_of(url), autocommit=True) as connection:
        connection.execute(SQL(DROP).format(new))
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(new, old))
