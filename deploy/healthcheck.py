"""Exits with 0 if the site in this container is well, by Python alone: `healthcheck.py [port] [path]`."""

import os
import sys
from http.client import HTTPConnection, HTTPException


def main() -> int:
    """Ask, by a name that the site answers to."""
    given = sys.argv[1:]
    port, path = given + ["8000", "/healthz"][len(given) :]
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip() or "localhost"
    connection = HTTPConnection("127.0.0.1", int(port), timeout=4)
    try:
        connection.request("GET", path, headers={"Host": host})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        connection.close()
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
