"""What lies in deploy/ works: nginx for real in front of a site, the rest as far as it can be looked through here."""

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import prometheus_client
import pytest
import yaml

from tests.conftest import unavailable
from tests.harness import patience
from tests.harness.nginx import NGINX, Nginx, free_port
from tests.harness.site import PASSWORD, ROOT, Site
from tests.harness.stream import Event, parse, text_of
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text

DEPLOY = ROOT / "deploy"
MODEL = "gpt-4o-mini"


@pytest.fixture(scope="module")
def proxied(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A site, and the address of nginx in front of it."""
    if not NGINX:
        unavailable("nginx is missing.")
    port = free_port()
    # The site has to know the address before there is anybody in front of it.
    nginx = Nginx(tmp_path_factory.mktemp("nginx"), [f"127.0.0.1:{port}"] * 2)
    environment = {
        "OPENAI_BASE_URL": upstream.base_url,
        "CSRF_TRUSTED_ORIGINS": nginx.address,
        "CHAT_LOG_FORMAT": "json",
    }
    with Site(tmp_path_factory.mktemp("proxied"), environment, port=port) as site, nginx:
        with browser(nginx.address) as client:
            deadline = time.monotonic() + patience.SECONDS
            while client.get("/readyz").status_code != 200:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        moved = httpx2.get(f"{nginx.plain}/c/x?y", trust_env=False)
        assert moved.headers["Location"].startswith("https://127.0.0.1")
        yield site, nginx.address
        logged = [json.loads(line) for line in (nginx.directory / "access.log").read_text().splitlines()]
        assert {"request_id", "path", "status"} <= set(logged[0])
        # nginx gives the request its name, and the app's log has the same.
        assert any(line["request_id"] in "".join(site.output) for line in logged)


def browser(address: str, key: str = "") -> httpx2.Client:
    """Return a client that knows nothing of the certificate, and asks again while nobody listens yet."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    transport = httpx2.HTTPTransport(verify=context, retries=20)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx2.Client(base_url=address, headers=headers, transport=transport, timeout=30, trust_env=False)


def test_words_arrive_through_nginx_as_they_are_said(proxied: tuple[Site, str], upstream: Upstream) -> None:
    site, address = proxied
    upstream.script_prompt("through nginx", tokens=20, then="hang", after=3)
    with browser(address, site.keys["alice"]) as client:
        deadline = time.monotonic() + patience.SECONDS
        while MODEL not in client.get("/api/models").text:
            assert time.monotonic() < deadline
        body = {"message": "through nginx", "model": MODEL}
        with client.stream("POST", "/api/chat/stream", json=body) as response:
            assert response.headers["Content-Encoding"] == "identity"
            placed = parse(response.iter_lines())
            received: list[Event] = []
            # The upstream says nothing more before these have come.
            while text_of(received) != default_text(3):
                received.append(next(placed)[1])
            upstream.release("through nginx")
            received += [event for _, event in placed]
    assert text_of(received) == default_text(20)
    assert received[-1]["type"] == "done"


def test_people_sign_in_through_nginx_and_cookies_are_for_https_only(proxied: tuple[Site, str]) -> None:
    _, address = proxied
    with browser(address) as client:
        form = {"login": "bob", "password": PASSWORD}
        page = client.get("/accounts/login/")
        form["csrfmiddlewaretoken"] = client.cookies["csrftoken"]
        answer = client.post(
            "/accounts/login/", data=form, headers={"Origin": address, "Referer": f"{address}/accounts/login/"}
        )
        assert answer.status_code == 302, answer.text
        cookies = [*page.headers.get_list("Set-Cookie"), *answer.headers.get_list("Set-Cookie")]
        assert cookies
        assert all("Secure" in cookie for cookie in cookies)
        assert client.get("/").status_code == 200
        # A made-up protocol or address is not passed on, and figures are for inside.
        forged = client.get("/accounts/login/", headers={"X-Forwarded-Proto": "http", "X-Forwarded-For": "10.0.0.1"})
        assert forged.status_code == 302
        assert client.get("/metrics").status_code == 404


def test_what_is_too_large_is_refused(proxied: tuple[Site, str]) -> None:
    site, address = proxied
    with browser(address, site.keys["alice"]) as client:
        assert client.post("/api/chat", content=b"x" * (2 * 1024 * 1024 + 1)).status_code == 413


def test_the_health_check_tells_whether_the_site_lives(proxied: tuple[Site, str]) -> None:
    site, _ = proxied
    port = site.url.rpartition(":")[2]

    def code(*arguments: str) -> int:
        environment = {**os.environ, "ALLOWED_HOSTS": "127.0.0.1,elsewhere"}
        command = [sys.executable, "deploy/healthcheck.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False).returncode

    assert (code(port), code(port, "/readyz"), code(port, "/nothing"), code(str(free_port()))) == (0, 0, 1, 1)


def test_the_dashboard_asks_for_figures_that_exist() -> None:
    dashboard = json.loads((DEPLOY / "grafana" / "chatsite.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    expressions += [each["query"] for each in dashboard["templating"]["list"]]
    asked = set(re.findall(r"chatsite_\w+", " ".join(expressions)))
    import chat.metrics  # noqa: F401 - registers them

    known: dict[str, set[str]] = {}
    for collector, names in prometheus_client.REGISTRY._collector_to_names.items():
        known |= {name: set(getattr(collector, "_labelnames", ())) for name in names}
    assert asked <= set(known)
    assert len(asked) >= 10
    for expression in expressions:
        for name, words in re.findall(r"(chatsite_\w+)\{([^}]*)\}", expression):
            assert set(re.findall(r"(\w+)=", words)) - {"job"} <= known[name]
        for words, rest in re.findall(r"by \(([^)]*)\) \((.*)", expression):
            name = re.findall(r"chatsite_\w+", rest)[0]
            assert {word.strip() for word in words.split(",")} - {"le"} <= known[name]
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)


def test_compose_names_what_there_is() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    assert set(services) == {"app-1", "app-2", "migrate", "postgres", "redis", "nginx"}
    upstreams = set(re.findall(r"server (\S+):8000", (DEPLOY / "nginx.conf").read_text()))
    assert upstreams == {name for name in services if name.startswith("app-")}
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        assert set(service.get("networks", [])) <= set(compose["networks"])
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or source.startswith("./")
    words = (DEPLOY / "compose.yaml").read_text()
    assert set(re.findall(r"\$\{(\w+)", words)) <= set(
        re.findall(r"^(\w+)=", (DEPLOY / "env.example").read_text(), re.M)
    )
    settings = (ROOT / "README.md").read_text()
    assert all(f"`{name}`" in settings for name in services["app-1"]["environment"])
    # Longer than a drain takes.
    assert int(services["app-1"]["stop_grace_period"].rstrip("s")) > 10


def test_the_image_is_made_of_files_that_exist_and_runs_as_nobody() -> None:
    words = (DEPLOY / "Dockerfile").read_text()
    copied = [part for line in re.findall(r"^COPY (?!--)(.*) \S+$", words, re.M) for part in line.split()]
    assert copied
    assert all((ROOT / part).exists() for part in copied)
    let_in = re.findall(r"^!(.*)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.M)
    assert set(copied) == set(let_in)
    assert re.search(r"^USER (?!root|0)", words, re.M)
    assert "--require-hashes" in words


def test_the_units_are_what_systemd_takes() -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        unavailable("systemd-analyze is missing.")
    units = sorted((DEPLOY / "systemd").iterdir())
    done = subprocess.run([analyze, "verify", *map(str, units)], capture_output=True, text=True, check=False)
    # The program stands where the project will lie.
    said = [line for line in done.stderr.splitlines() if "/opt/chatsite/.venv/bin/python" not in line]
    assert not [line for line in said if "chatsite" in line]


@pytest.mark.parametrize(
    "door",
    [
        "/login/",
        "/accounts/login/",
        "/accounts/two-factor/",
        "/accounts/confirm/",
        "/accounts/password/reset/",
        "/accounts/signup/",
        "/setup/",
        "/settings/password/",
        "/admin/login/",
        "/admin/password_change/",
        "/admin/auth/user/1/password/",
    ],
)
def test_nginx_lets_nobody_hammer_at_a_door_and_logs_who_does(tmp_path: Path, door: str) -> None:
    if not NGINX:
        unavailable("nginx is missing.")
    # Behind it is nobody: what it lets through is a bad gateway.
    nginx = Nginx(tmp_path, [f"127.0.0.1:{free_port()}"] * 2, tls=False)
    with nginx, browser(nginx.address) as client:
        statuses = [client.post(door).status_code for _ in range(40)]
        assert statuses[0] == 502
        assert 429 in statuses
        assert client.get(door).status_code == 502
        assert client.post("/api/chat").status_code == 502
    logged = [json.loads(line) for line in (tmp_path / "access.log").read_text().splitlines()]
    assert {line["client"] for line in logged} == {"127.0.0.1"}


@pytest.mark.parametrize(
    "document", ["README.md", "docs/operations.md", *(f"deploy/{n}" for n in ("compose.yaml", "Dockerfile"))]
)
def test_no_recipe_has_a_secret_on_a_command_line(document: str) -> None:
    lines = (ROOT / document).read_text(encoding="utf-8").splitlines()
    given = r"(API_KEY|ADMIN_KEY|SECRET_KEY|PASSWORD|TOKEN)=\S+ .*(make|manage\.py|docker)"
    on_a_command_line = re.compile(given + r"""|Bearer \$|"\$DATABASE_URL"|\benv \$\(""")
    assert [line for line in lines if on_a_command_line.search(line)] == []
    assert '"$DATABASE_URL"' not in (DEPLOY / "systemd" / "chatsite-backup.service").read_text()


def test_programs_of_postgresql_get_the_password_by_the_environment_only() -> None:
    address = "postgresql://chat:p%40ss@db.example:5433/site?sslmode=require"
    shown = "import os, sys; print(sorted(x for x in os.environ.items() if x[0][:2] in ('PG', 'DA')), sys.argv)"
    command = [sys.executable, "deploy/postgres.py", sys.executable, "-c", shown, "--file=x"]
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": address}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    given = {
        "PGDATABASE": "site",
        "PGHOST": "db.example",
        "PGPASSWORD": "p@ss",
        "PGPORT": "5433",
        "PGSSLMODE": "require",
        "PGUSER": "chat",
    }
    assert done.stdout.strip() == f"{list(given.items())} ['-c', '--file=x']"
