"""The papers for real servers: what they start exists, and the tools that read them accept them."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from flask import Flask, request

from app import create_app
from config import Settings
from workflows.clocks import ClockLimits
from workflows.files import FileLimits

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))


def _commands(app: Flask, text: str) -> set[str]:
    return set(re.findall(r"flask[\", ]+--app[\", ]+app[\", ]+([a-z-]+)", text))


def test_every_command_of_the_papers_exists(built_app: Flask):
    texts = [path.read_text() for path in (*UNITS, DEPLOY / "Dockerfile", DEPLOY / "compose.yaml")]
    texts += [path.read_text() for path in (ROOT / "docs").rglob("*.md")] + [(ROOT / "README.md").read_text()]
    asked = set().union(*(_commands(built_app, text) for text in texts))
    assert len(asked) > 5
    assert asked - set(built_app.cli.commands) == set()


def test_every_setting_of_the_papers_exists():
    papers = [*(path for path in DEPLOY.iterdir() if path.is_file()), *(ROOT / "docs").rglob("*.md")]
    found = re.findall(r"\bLIANRONG_([A-Z_]+[A-Z])\b", "".join(path.read_text() for path in papers))
    known = set().union(*(kind.model_fields for kind in (Settings, FileLimits, ClockLimits)))
    assert {name.lower() for name in found} - known - _READ_ELSEWHERE == set()


_READ_ELSEWHERE = {"bind", "test_database", "public_data"}
"""Read by gunicorn's file and by the tests."""


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_as_its_own_user_and_cannot_write_outside_its_folders(unit: Path):
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read(unit)
    service = found["Service"]
    assert (service["User"], service["ProtectSystem"], service["NoNewPrivileges"]) == ("lianrong", "strict", "yes")
    assert "lianrong" in service["StateDirectory"].split()


def test_the_compose_file_waits_for_the_schema():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert {name for name, each in services.items() if "schema" in each.get("depends_on", {})} == {"web", "jobs"}
    assert all(port.startswith("127.0.0.1:") for port in services["web"]["ports"])


def test_systemd_accepts_the_units(tmp_path: Path):
    program = shutil.which("systemd-analyze")
    if not program:
        pytest.skip("systemd-analyze is not installed")
    for unit in UNITS:
        (tmp_path / unit.name).write_text(re.sub(r"/opt/lianrong/.venv/bin/\S+", "/bin/true", unit.read_text()))
    said = subprocess.run([program, "verify", *map(str, tmp_path.iterdir())], capture_output=True, text=True)
    assert [line for line in said.stderr.splitlines() if "lianrong" in line and "user" not in line.lower()] == []


def test_nginx_accepts_its_file(tmp_path: Path):
    program = shutil.which("nginx")
    if not program:
        pytest.skip("nginx is not installed")
    text = re.sub(r"(?m)^ *(ssl_certificate|listen 443).*$", "", (DEPLOY / "nginx.conf").read_text())
    text = text.replace("listen 80;", "listen 127.0.0.1:8899;")
    path = tmp_path / "nginx.conf"
    path.write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}}\nhttp {{ access_log off; {text} }}")
    said = subprocess.run([program, "-t", "-c", str(path)], capture_output=True, text=True)
    assert "syntax is ok" in said.stderr, said.stderr


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "10.1.2.3")])
def test_only_a_trusted_proxy_names_the_reader_s_address(tmp_path: Path, proxies: int, seen: str):
    app = create_app(Settings(environment="test", data_dir=tmp_path, trusted_proxies=proxies))
    found = []
    app.before_request(lambda: found.append(request.remote_addr))
    app.test_client().get("/healthz", headers={"X-Forwarded-For": "6.6.6.6, 10.1.2.3"})
    assert found == [seen]


OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def test_the_shell_reads_the_settings_of_the_paper_as_they_are_meant(tmp_path, monkeypatch):
    """systemd and the shell read the same file; a list without single quotes loses its own in the shell."""
    lines = re.search(r"```\n(LIANRONG_ENVIRONMENT=production\n.*?)```", OPERATIONS, re.DOTALL)[1]
    file = tmp_path / "lianrong.env"
    file.write_text(lines.replace("the output of: openssl rand -hex ", "0123456789abcdef0123456789abcdef"))
    shown = subprocess.run(
        ["sh", "-c", f"set -a; . {file}; env"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin"},
    ).stdout
    given = dict(line.split("=", 1) for line in shown.splitlines() if line.startswith("LIANRONG_"))
    assert len(given) == lines.count("\n")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.environment, settings.trusted_proxies) == ("production", 1)
    assert settings.allowed_hosts == ("lianrong.example.gov.cn", "127.0.0.1")


def test_the_archive_of_the_paper_leaves_out_nothing_that_the_program_reads():
    """`--exclude data` would take vocabulary/data with it."""
    options = re.findall(r"--exclude \S+", re.search(r"^tar czf .*$", OPERATIONS, re.MULTILINE)[0])
    folders = ("./vocabulary", "./cli", "./migrations", "./data")
    command = ["tar", "c", *" ".join(options).split(), *(name for name in folders if (ROOT / name).exists())]
    archive = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    kept = set(subprocess.run(["tar", "t"], input=archive, capture_output=True, check=True).stdout.decode().split())
    assert len(options) == 3
    assert {f"./vocabulary/data/{path.name}" for path in (ROOT / "vocabulary" / "data").iterdir()} <= kept
    assert not any(name.startswith("./data") for name in kept)
