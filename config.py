"""Settings, read once from the environment (prefix `LIANRONG_`), checked at start and frozen."""

import hashlib
import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Literal, TypedDict

from flask.helpers import get_debug_flag
from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_ROOT = Path(__file__).parent
_KEY_CHARACTERS = 32


class DatabaseSettings(TypedDict):
    """What the database engine is made of."""

    url: str
    file_lock: bool
    pool_size: int
    statement_seconds: int
    idle_seconds: int


class Settings(BaseSettings):
    """What an operator may set. Every value has a default that serves a first look on one machine."""

    model_config = SettingsConfigDict(env_prefix="LIANRONG_", frozen=True, extra="ignore", hide_input_in_errors=True)

    environment: Literal["demo", "test", "production"] = "demo"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    data_dir: Path = _ROOT / "data"
    database_url: str = ""
    """SQLite in the data folder, or `postgresql://user:password@host/name`."""
    database_pool: int = Field(default=10, ge=1, le=200)
    """PostgreSQL: connections one process keeps; as many more in a rush."""
    database_statement_seconds: int = Field(default=60, ge=1, le=3600)
    """PostgreSQL: a statement that takes longer is ended."""
    database_idle_seconds: int = Field(default=900, ge=10, le=86_400)
    """PostgreSQL: a transaction in which nothing happens for so long is ended, and its turn to write with it."""
    secret_key: str = ""
    write_lock: bool = True
    """Writers of several processes on one SQLite file take turns at locked files beside it; off only where the file
    system knows no locks, and then with one process."""
    processes: int = Field(default_factory=lambda: int(os.environ.get("WEB_CONCURRENCY") or 1), ge=1)
    """How many processes open the database, web and jobs together."""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    """So many reverse proxies stand in front: the reader's address and scheme are what the outermost of them says."""
    secure_cookies: bool = False
    hsts_days: int = Field(default=365, ge=0, le=730)
    """For so long browsers come back by HTTPS only; said where cookies are secure, which production asks. 0: never."""
    session_hours: int = Field(default=12, ge=1, le=72)
    idle_minutes: int = Field(default=60, ge=5, le=1440)
    """A browser that asks for nothing for so long is signed out; `session_hours` ends every session."""
    fresh_minutes: int = Field(default=15, ge=1, le=240)
    """For so long after giving the password or a code, nobody is asked for it again before a weighty step."""
    second_factor_required: bool | None = None
    """Whether offices, banks, auditors and administrators must have a second factor; unset: in production."""
    password_max_age_days: int = Field(default=0, ge=0, le=730)
    """0: passwords do not age, as NIST SP 800-63B-4 asks; set it where an examiner of GB/T 22239 asks for change."""
    hold_minutes: int = Field(default=30, ge=0, le=1440)
    """How long a confirmation waits before messages go out; until then it can be taken back."""
    second_official_above_wan: int = Field(default=5_000, ge=0)
    """Financing above this amount (万元) needs a second official (default: 50 million yuan)."""
    releases_per_day: int = Field(default=10, ge=1)
    """So many pairings may one official confirm a day; each further one needs a second official."""
    blind_percent: int = Field(default=5, ge=0, le=50)
    """Of 100 recommended pairs put before an office, so many are decided without seeing the score; announced to all."""
    digest_hour: int = Field(default=8, ge=0, le=23)
    """At which hour, in China Standard Time, the daily mails go out."""
    mail_backend: Literal["file", "smtp", "locmem", "console"] = "file"
    mail_server: str = "localhost"
    mail_port: int = 25
    mail_username: str = ""
    mail_password: str = ""
    mail_use_tls: bool = False
    mail_sender: str = "lianrong@localhost"
    ledger_hash: Literal["sha256", "sm3"] = "sha256"
    """What new rows of the audit ledger are hashed with; older rows keep theirs."""
    ledger_key: str = ""
    """Authenticates the ledger's anchors; without one, a key derived from the secret key does."""
    log_format: Literal["text", "json"] | None = None
    """Unset: JSON in production, where a line for each request is written; text elsewhere."""
    api_requests_per_minute: int = Field(default=120, ge=1, le=100_000)
    """Of one key of another system, however many processes serve it."""
    webhooks_inside: bool = False
    """Whether webhooks may go to private networks and without encryption, as where receivers stand on an intranet."""
    metrics_token: str = ""
    """Whoever sends it as a bearer token reads /metrics; without one there is no such page."""
    embedded_worker: bool = True
    """Whether `python app.py` also does the jobs; `false` where `flask --app app worker` does them."""
    worker_threads: int = Field(default=3, ge=2, le=32)
    """Jobs that one worker does at a time; one thread more than long jobs lets mail go out meanwhile."""
    cluster: str = Field(default="", pattern=r"^(|local|(tcp|tls)://.+)$")
    """Where the nightly run scores: empty, in the worker itself; `local`, in two processes it starts; or the address of
    the scheduler of a Dask cluster, `tcp://host:8786`, which needs requirements-cluster.txt."""
    job_silence_seconds: float = Field(default=20, ge=1, le=600)
    """A worker that was not heard for so long is taken for dead, and its jobs are begun again."""
    backup_dir: Path | None = None
    """Where backups are put; the administrator's page reads from there when the last one was made."""
    max_upload_mb: int = Field(default=26, ge=1, le=100)
    """Of one request: five documents of 5 MB each, and what is typed beside them."""

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> "Settings":
        if self.environment != "production":
            return self
        if not (self.secret_key and self.secure_cookies):
            raise ValueError("production needs LIANRONG_SECRET_KEY and LIANRONG_SECURE_COOKIES=true")
        if len(self.secret_key) < _KEY_CHARACTERS or len(set(self.secret_key)) < _KEY_CHARACTERS // 4:
            raise ValueError("LIANRONG_SECRET_KEY is too easy to guess: take the output of `openssl rand -hex 32`")
        if get_debug_flag():
            raise ValueError("FLASK_DEBUG shows code to whoever causes an error: unset it in production")
        return self

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'lianrong.sqlite3').resolve()}"

    @property
    def database(self) -> DatabaseSettings:
        return DatabaseSettings(
            url=self.url,
            file_lock=self.write_lock,
            pool_size=self.database_pool,
            statement_seconds=self.database_statement_seconds,
            idle_seconds=self.database_idle_seconds,
        )

    @property
    def needs_second_factor(self) -> bool:
        return self.environment == "production" if self.second_factor_required is None else self.second_factor_required

    @property
    def logs_as_json(self) -> bool:
        return (self.log_format or ("json" if self.environment == "production" else "text")) == "json"

    @property
    def demo_world(self) -> bool:
        return self.environment == "demo"

    @property
    def anchor_key(self) -> str:
        return self.ledger_key or hashlib.sha256(f"ledger anchors:{self.key}".encode()).hexdigest()

    @cached_property
    def key(self) -> str:
        """The secret key: set, or made once and kept in the data folder, readable by its owner only."""
        if self.secret_key:
            return self.secret_key
        self.data_dir.mkdir(parents=True, exist_ok=True)
        path = self.data_dir / "secret_key"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        return path.read_text().strip()
