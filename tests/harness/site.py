"""Runs the whole site in a process of its own, as an operator would: `manage.py serve` on an empty data directory."""

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Self

import httpx2

from tests.harness import patience, postgres
from tests.harness.forkserver import Forked, ForkServer

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"
# Tests ask more than any person does.
UNLIMITED = {"CHAT_MESSAGES_PER_MINUTE": "0", "CHAT_MAX_FOLLOWERS_PER_USER": "0"}
PEOPLE = ("alice", "bob", "charlie")
MAKE_PEOPLE = f"""
User.objects.create_superuser("admin", password={PASSWORD!r})
for name in {PEOPLE!r}:
    User.objects.create_user(name, password={PASSWORD!r})
for user in User.objects.all():
    print(user.username, ApiKey.issue(user, "tests", scopes=["chat", "usage", "admin"])[1])
"""
MAKE_BUNDLES = "from chatsite.bundles.cache import Bundles; assert Bundles.of_site().folder()"


@cache
def peopled() -> tuple[Path, dict[str, str]]:
    """Return a data directory to copy, migrated and with everybody in it, and their keys."""
    directory = _template()
    return directory / "data", json.loads((directory / "keys.json").read_text())


def migrated() -> Path:
    """Return an embedded database to copy, migrated, with nobody in it."""
    return _template() / "migrated.sqlite3"


@cache
def _template() -> Path:
    """Return the directory with what is copied, made by the first that asks of all processes that share it."""
    directory = Site.shared
    if directory is None:
        kept = tempfile.TemporaryDirectory(prefix="chatsite-people-")
        atexit.register(kept.cleanup)
        directory = Path(kept.name)
    with (directory / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not (directory / "keys.json").exists():
            site = Site(directory / "data")
            site.manage("migrate", "-v0")
            shutil.copy(directory / "data" / "db.sqlite3", directory / "migrated.sqlite3")
            keys = site.populate()
            # Else the first page of each copy would wait for them.
            site.shell(MAKE_BUNDLES)
            (directory / "keys.json").write_text(json.dumps(keys))
    return directory


@cache
def peopled_postgres(server: str) -> tuple[str, dict[str, str]]:
    """Return the address of a PostgreSQL database to copy, migrated and with everybody in it, and their keys."""
    address = postgres.template(server)
    with tempfile.TemporaryDirectory(prefix="chatsite-people-") as directory:
        site = Site(Path(directory), {"DATABASE_URL": address, "SECRET_KEY": "only-for-this-test-" + "x" * 40})
        site.manage("migrate", "-v0")
        return address, site.populate()


class Site:
    """A running site; a context manager. `keys` holds an API key for each of admin, alice, bob and charlie."""

    # Who starts its processes. None: each is a fresh Python, as an operator's are.
    forkserver: ClassVar[ForkServer | None] = None
    # An empty directory that the test processes of one run share: what is copied is made there once.
    shared: ClassVar[Path | None] = None

    def __init__(
        self,
        data_dir: Path,
        environment: Mapping[str, str] | None = None,
        *,
        people: bool = True,
        workers: int = 1,
        port: int = 0,
    ) -> None:
        self.workers = workers
        self.port = port
        self.data_dir = data_dir
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "ANTHROPIC_", "CHAT"))
        }
        for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "DJANGO_SETTINGS_MODULE"):
            inherited.pop(name, None)
        self.environment = {**inherited, "CHATSITE_DATA_DIR": str(data_dir), **UNLIMITED, **(environment or {})}
        self.people = people
        self.keys: dict[str, str] = {}
        self._sessions: dict[str, dict[str, str]] = {}
        self.url = ""
        self.setup_url = ""
        self.output: list[str] = []
        self._commands: tuple[dict[str, str], ForkServer] | None = None

    def __enter__(self) -> Self:
        address = self.environment.get("DATABASE_URL", "")
        if self.people and postgres.is_replaceable(address):
            source, self.keys = peopled_postgres(postgres.server_of(address))
            postgres.copy(source, address)
        elif address:
            self.manage("migrate", "-v0")
            if self.people:
                self.keys = self.populate()
        elif self.people:
            # Each start of Python costs the tests most of a second.
            directory, self.keys = peopled()
            shutil.copytree(directory, self.data_dir, dirs_exist_ok=True)
        self.start(self.port)
        return self

    def populate(self) -> dict[str, str]:
        """Make everybody. Returns their API keys."""
        words = self.shell(MAKE_PEOPLE).split()
        return dict(zip(words[::2], words[1::2], strict=True))

    def __exit__(self, *exc: object) -> None:
        self.stop()
        self._close_prepared()

    def start(self, port: int = 0) -> None:
        """Start the server and wait for its address; 0 is any free port."""
        command = ["serve", "--port", str(port), "--workers", str(self.workers)]
        self.process = self._started(command)
        ready = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(ready,), daemon=True)
        self._reader.start()
        assert ready.wait(patience.SECONDS), "".join(self.output)
        assert self.url, "".join(self.output)

    def _started(self, command: list[str]) -> subprocess.Popen[str] | Forked:
        if self.forkserver:
            return self.forkserver.start(command, self.environment)
        return subprocess.Popen(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _read(self, ready: threading.Event) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)
            if found := re.search(r"(http://\S+)/setup/\?token=\S+", line):
                self.setup_url = line[found.start() :].strip()
            elif found := re.search(r"chatsite is at (http://\S+)", line):
                self.url = found.group(1)
            elif line.startswith("Ctrl-C"):
                ready.set()
        ready.set()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop the server. Returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(patience.SECONDS)
        self._reader.join(5)
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def manage(self, *arguments: str) -> str:
        """Return what a management command prints."""
        if self.forkserver:
            with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as error:
                code = self._prepared(self.forkserver).run(arguments, self.environment, out, error)
                out.seek(0)
                error.seek(0)
                assert code == 0, out.read() + error.read()
                return out.read()
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=patience.SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _prepared(self, forkserver: ForkServer) -> ForkServer:
        """Return who runs commands in the environment of this site."""
        if self._commands is None or self._commands[0] != self.environment:
            self._close_prepared()
            self._commands = (dict(self.environment), forkserver.prepared(self.environment))
        return self._commands[1]

    def _close_prepared(self) -> None:
        if self._commands:
            self._commands[1].close()
            self._commands = None

    def shell(self, *lines: str) -> str:
        """Return what lines of Python print in Django's shell, which knows every model by its name."""
        return self.manage("shell", "-v0", "-c", "\n".join(lines))

    def until_listed(self, model: str, seconds: float = patience.SECONDS) -> None:
        """Wait until a model can be chosen: a list that takes a provider long comes after the start."""
        deadline = time.monotonic() + seconds
        with self.client() as client:
            while model not in (answer := client.get("/api/models")).text:
                assert time.monotonic() < deadline, answer.text
                time.sleep(0.1)

    def client(self, person: str | None = "alice", **options: Any) -> httpx2.Client:
        """Return an HTTP client that calls with a person's API key, or with none."""
        headers = {"Authorization": f"Bearer {self.keys[person]}"} if person else {}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=patience.SECONDS, trust_env=False, **options)

    def admit(self, name: str) -> None:
        """Make a person whom no other test knows, with an API key."""
        self.shell(f"User.objects.create_user({name!r}, password={PASSWORD!r})")
        self.keys[name] = self.manage("createapikey", name).split()[-1]

    def session(self, person: str) -> httpx2.Client:
        """Return an HTTP client that has signed in as a browser does, with its CSRF token in a header."""
        client = httpx2.Client(base_url=self.url, timeout=patience.SECONDS, trust_env=False)
        client.get("/accounts/login/")
        form = {"login": person, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        answer = client.post("/accounts/login/", data=form)
        assert answer.status_code == 302, answer.text
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        return client

    def cookies(self, person: str) -> list[dict[str, str]]:
        """Return the cookies of a session that all of a person's browsers share; signing in costs half a second."""
        if person not in self._sessions:
            with closing(self.session(person)) as client:
                self._sessions[person] = dict(client.cookies)
        return [{"name": name, "value": value, "url": self.url} for name, value in self._sessions[person].items()]
