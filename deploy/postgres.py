"""Runs a program of PostgreSQL on the database of DATABASE_URL, without its password on any command line.

    postgres.py pg_dump --format=custom --file=chatsite.dump

What stands on a command line is there for everybody on the machine to read; the environment is not.
"""

import os
import sys
from urllib.parse import parse_qsl, unquote, urlsplit


def main() -> None:
    """Put the parts of the address into the variables that libpq reads, and become the program."""
    if len(sys.argv) < 2 or not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        sys.exit("Usage: postgres.py PROGRAM [ARGUMENT ...], with DATABASE_URL=postgresql://… in the environment.")
    address = urlsplit(os.environ.pop("DATABASE_URL"))
    parts = {
        "PGHOST": unquote(address.hostname or ""),
        "PGPORT": str(address.port or ""),
        "PGUSER": unquote(address.username or ""),
        "PGPASSWORD": unquote(address.password or ""),
        "PGDATABASE": unquote(address.path.removeprefix("/")),
    }
    parts |= {f"PG{name.upper()}": value for name, value in parse_qsl(address.query) if name.startswith("ssl")}
    os.environ.update({name: value for name, value in parts.items() if value})
    os.umask(0o077)
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the operator's own command


if __name__ == "__main__":
    main()
