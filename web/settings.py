"""Settings come from the environment, once, into one frozen model. A wrong value is one clear line and exit code 2."""

import ipaddress
import os
import re
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65535)]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """One line for the person who starts the server."""


class Settings(BaseSettings):
    """All that an operator can set. Names are those of the environment's variables."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=False, hide_input_in_errors=True)

    database_url: str | None = Field(
        default=None, description="Postgres as role anteroom_app; empty: an embedded server"
    )
    database_owner_url: str | None = Field(
        default=None, description="Postgres as the schema's owner, for migrate and seed"
    )
    database_system_url: str | None = Field(default=None, description="Postgres as role anteroom_system")
    database_listener_url: str | None = Field(
        default=None, description="a direct connection (no transaction pooler) for LISTEN; empty: the system URL"
    )
    redis_url: str | None = Field(default=None, description="Redis or Valkey, for several processes")
    node_url: str | None = Field(default=None, description="this process's own address for sockets; empty: PUBLIC_URL")
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(), description="networks, separated by commas, whose X-Forwarded-For is believed"
    )
    sockets_per_account: Annotated[int, Field(ge=1)] = Field(default=50, description="open board sockets of one person")
    sockets_per_address: Annotated[int, Field(ge=1)] = Field(
        default=1000, description="open sockets from one address; a clinic's whole staff may share one"
    )
    smtp_url: str | None = Field(default=None, description="smtp://[user:password@]host[:port] or smtps://…")
    mail_from: str = Field(default="Anteroom <no-reply@localhost>", description="sender of every mail")
    operator_email: str | None = Field(
        default=None, description="where administrators' questions to the operator go; empty: no such form"
    )
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: Port = Field(default=8080, description="port to listen on")
    public_url: str = Field(
        default_factory=lambda known: f"http://localhost:{known.get('port', 8080)}",
        validate_default=True,
        description="the address that people type; pins Origins",
    )
    media_bind: str = Field(default="127.0.0.1", description="local address of the media port")
    media_advertise: str | None = Field(
        default=None, description="address that browsers reach it at; empty: MEDIA_BIND"
    )
    media_port: Port = Field(default=8081, description="the one UDP port of all media")
    turn_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="turn: or turns: addresses of an own TURN server, separated by commas; empty: none"
    )
    turn_secret: str | None = Field(default=None, description="the TURN server's `static-auth-secret`")
    metrics_token: str | None = Field(
        default=None, description="bearer token for `/metrics`; empty: only this machine may read it"
    )
    data_dir: Path = Field(default=Path("var"), description="where the embedded Postgres lives")
    files_dir: Path | None = Field(
        default=None, description="where attachments and sealed documents lie; empty: `files` in DATA_DIR"
    )
    stripe_secret_key: str | None = Field(
        default=None, repr=False, description="Stripe's secret key (`sk_…`); empty: no card payments, only at the desk"
    )
    stripe_publishable_key: str | None = Field(
        default=None, description="Stripe's publishable key (`pk_…`), for the page on which somebody types their card"
    )
    stripe_webhook_secret: str | None = Field(
        default=None, repr=False, description="signs what Stripe posts to `/hooks/stripe` (`whsec_…`)"
    )
    stripe_api_url: str | None = Field(
        default=None, description="a stand-in for Stripe's API and script, for tests; empty: Stripe itself"
    )
    demo: bool = Field(default=False, description="a demo organization and a mailbox page that anybody can read")

    @field_validator("public_url", "node_url", "stripe_api_url")
    @classmethod
    def _origin_only(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError("must begin with http:// or https:// and have no path")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        default_port = {"http": 80, "https": 443}[parts.scheme]
        port = "" if parts.port in (None, default_port) else f":{parts.port}"
        return f"{parts.scheme}://{host}{port}"

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: str | None) -> str | None:
        try:
            parts = urlsplit(value or "smtp://localhost")
            good = parts.scheme in ("smtp", "smtps") and parts.hostname and (parts.port is None or parts.port > 0)
        except ValueError:
            good = False
        if not good:
            raise ValueError("must look like smtp://host:port or smtps://user:password@host:port")
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        if "@" not in parseaddr(value)[1] or not value.isprintable():
            raise ValueError("must look like Name <address@host>")
        return value

    @field_validator("operator_email")
    @classmethod
    def _address_only(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[^\s@<>,]+@[^\s@<>,]+", value):
            raise ValueError("must be one address like desk@example.org")
        return value

    @field_validator("media_bind", "media_advertise")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        try:
            unusable = value is not None and ipaddress.ip_address(value).is_unspecified
        except ValueError:
            unusable = True
        if unusable:
            raise ValueError("must be one address of this machine, for replies from a wildcard can leave by another")
        return value

    @field_validator("turn_urls", mode="before")
    @classmethod
    def _turn_addresses(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        addresses = tuple(part.strip() for part in value.split(",") if part.strip())
        if not all(re.fullmatch(r"turns?:[^\s?@]+(\?transport=(udp|tcp))?", one) for one in addresses):
            raise ValueError("must be addresses like turn:turn.example.org:3478?transport=tcp, separated by commas")
        return addresses

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return tuple(ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip())
        except ValueError:
            raise ValueError("must be networks like 10.0.0.0/8, separated by commas") from None

    @model_validator(mode="after")
    def _both_of_turn(self) -> "Settings":
        if bool(self.turn_urls) != bool(self.turn_secret):
            raise ValueError("TURN_SECRET: goes with TURN_URLS, neither without the other")
        return self

    @model_validator(mode="after")
    def _all_of_stripe(self) -> "Settings":
        keys = (self.stripe_secret_key, self.stripe_publishable_key, self.stripe_webhook_secret)
        if any(keys) and not all(keys):
            raise ValueError(
                "STRIPE_SECRET_KEY: goes with STRIPE_PUBLISHABLE_KEY and STRIPE_WEBHOOK_SECRET, none without the others"
            )
        return self

    @model_validator(mode="after")
    def _one_host(self) -> "Settings":
        """Cookies are bound to PUBLIC_URL's host, ports aside: a node elsewhere would not know who comes."""
        public, node = urlsplit(self.public_url), urlsplit(self.node_url or self.public_url)
        if (public.scheme, public.hostname) != (node.scheme, node.hostname):
            raise ValueError("NODE_URL: must have the scheme and host of PUBLIC_URL, and a port of its own")
        return self

    @cached_property
    def origins(self) -> tuple[str, ...]:
        """The only Origins whose sockets and posts are accepted. A browser on this machine may say localhost or
        127.0.0.1: with a PUBLIC_URL at http://localhost both are this server."""
        twins = [self.public_url.replace("//localhost", "//127.0.0.1")] if _is_loopback(self.public_url) else []
        return tuple(dict.fromkeys([self.public_url, self.node_url or self.public_url, *twins]))

    @property
    def files_folder(self) -> Path:
        return self.files_dir or self.data_dir / "files"

    @property
    def nodes(self) -> str:
        """Where every process of ours takes sockets, as a source for pages' security policy."""
        parts = urlsplit(self.public_url.replace("http", "ws", 1))
        host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
        return f"{parts.scheme}://{host}:*"

    @property
    def stripe_script(self) -> str:
        """Where the page for cards loads Stripe's own script."""
        return f"{self.stripe_api_url}/js.stripe.com/v3/" if self.stripe_api_url else "https://js.stripe.com/v3/"

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")


def _is_loopback(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname == "localhost"


def load(**overrides: object) -> Settings:
    """Read the environment. Raises `SettingsError` that names the variable and says what is wrong, never its value."""
    present = {name: value for name, value in overrides.items() if value is not None}
    empty = [name for name in Settings.model_fields if os.environ.get(name.upper()) == ""]
    for name in empty:
        del os.environ[name.upper()]
    try:
        return Settings(**present)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        said = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{str(first['loc'][0]).upper()}: {said}" if first["loc"] else said) from None
