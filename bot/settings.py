"""The only reader of the environment.

Secrets and switches come from environment variables or `.env`; plans and patience, like additions to the
catalogue, from the operator's TOML file. A mistake ends the start with one line that names the setting.
"""

import tomllib
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AnyHttpUrl,
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.core.routing import Preferences
from bot.domain.catalogue import Catalogue, Gateway
from bot.domain.configured import Row
from bot.domain.decide import Policy
from bot.domain.ids import GatewayId
from bot.domain.ledger import Plan

_WEBHOOK_PORTS: Final = (443, 80, 88, 8443)


class SettingsError(Exception):
    """The operator's mistakes, one line each, naming the setting."""


class Settings(BaseSettings):
    """What the environment says. Empty variables count as not set."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    telegram_bot_token: SecretStr | None = Field(
        default=None, description="The token that @BotFather gave you. Without it Telegram is off."
    )
    telegram_api_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("https://api.telegram.org"),
        description="Root address of a Bot API server: the official one, or a local one of yours.",
    )
    telegram_proxy_url: str | None = Field(
        default=None, description="A proxy for Telegram alone, e.g. http://user:password@127.0.0.1:3128"
    )
    telegram_webhook: bool = Field(
        default=False,
        description="Telegram calls us under PUBLIC_URL, instead of being asked for news (long polling).",
    )
    telegram_rate: float = Field(
        default=30,
        ge=0,
        le=1000,
        description="Messages per second over all chats. 30 is Telegram's limit; above it they are sent as "
        "paid broadcasts, which cost your bot Stars. 0 switches it off, for a Bot API server of yours.",
    )
    telegram_chat_rate: float = Field(
        default=1, ge=0, le=1000, description="Messages per second in one chat; 0 switches the limit off."
    )
    telegram_group_rate: float = Field(
        default=20, ge=0, le=60_000, description="Messages per minute in one group; 0 switches the limit off."
    )
    data_dir: Path = Field(default=Path("data"), description="Where the database and the pictures are kept.")
    http_host: str = Field(default="127.0.0.1", description="Where the built-in web server listens.")
    http_port: int = Field(default=8080, ge=0, le=65535, description="Its port.")
    public_url: AnyHttpUrl | None = Field(
        default=None,
        description="The https address under which the web server is reached from outside. Gateways then "
        "call when a picture is finished, instead of being asked.",
    )
    config_file: Path | None = Field(
        default=None, description="Your TOML file: plans, patience, additions to the catalogue."
    )
    default_locale: str = Field(
        default="en", description="The language of people whose own is not there: en, zh-CN."
    )
    time_zone: str = Field(default="UTC", description="When a day begins for quotas, e.g. Asia/Shanghai.")
    playground: bool | None = Field(
        default=None, description="The page for trying things out. On when no chat token is set."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="How much is logged: DEBUG, INFO, WARNING, ERROR."
    )

    @field_validator("telegram_bot_token")
    @classmethod
    def _looks_like_a_token(cls, token: SecretStr | None) -> SecretStr | None:
        number, colon, secret = token.get_secret_value().partition(":") if token else ("1", ":", "x")
        if not (
            number.isascii() and number.isdigit() and colon and secret.isascii() and secret.isprintable()
        ):
            raise ValueError("does not look like a bot token (a number, a colon, letters)")
        return token

    @field_validator("public_url")
    @classmethod
    def _is_https(cls, url: AnyHttpUrl | None) -> AnyHttpUrl | None:
        if url and url.scheme != "https" and url.host not in {"127.0.0.1", "localhost"}:
            raise ValueError("must begin with https://: gateways and chats call no other address")
        return url

    @model_validator(mode="after")
    def _can_be_called(self) -> Self:
        """Telegram calls https addresses at four ports, documented by the vendor."""
        if not self.telegram_webhook:
            return self
        if self.public_url is None:
            raise ValueError("TELEGRAM_WEBHOOK: needs PUBLIC_URL, the address at which Telegram calls")
        official = self.telegram_api_url.host == "api.telegram.org"
        if official and self.public_url.port not in _WEBHOOK_PORTS:
            ports = ", ".join(map(str, _WEBHOOK_PORTS))
            raise ValueError(f"PUBLIC_URL: Telegram calls only at the ports {ports}")
        return self

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone; write it as Europe/Berlin or UTC") from None
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def database_file(self) -> Path:
        return self.data_dir / "drawbridge.sqlite3"

    @property
    def media_folder(self) -> Path:
        return self.data_dir / "media"

    @property
    def plays(self) -> bool:
        """Whether the playground is on."""
        return self.telegram_bot_token is None if self.playground is None else self.playground


class GatewaySettings(BaseSettings):
    """What the environment says about one gateway; the variables begin with its name."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    api_key: SecretStr | None = Field(default=None, description="The key. Without it the gateway is off.")
    base_url: AnyHttpUrl | None = Field(default=None, description="Another address than the catalogue's.")
    proxy_url: str | None = Field(default=None, description="A proxy for this gateway alone.")
    files_base_url: AnyHttpUrl | None = Field(
        default=None, description="Another address of its upload service, for gateways that have one."
    )


class Retention(Row):
    """How long images are kept: those that people handed in, in hours; results in days, 0 for as long as the
    operator leaves them.
    """

    references_hours: Annotated[int, Field(ge=1, le=8760)] = 24
    results_days: Annotated[int, Field(ge=0, le=36500)] = 0

    @property
    def lives(self) -> dict[str, timedelta]:
        """How long each kind of image lives; a kind that is kept for ever is not named."""
        lives = {"references": timedelta(hours=self.references_hours)}
        return lives | ({"results": timedelta(days=self.results_days)} if self.results_days else {})


class OperatorFile(Row):
    """The tables of the operator's TOML file that are not rows of the catalogue."""

    plan: Plan = Plan()
    policy: Policy = Policy()
    routing: Preferences = Preferences()
    media: Retention = Retention()


def prefix_of(gateway: GatewayId) -> str:
    """How a gateway's variables begin: `qwen-image-2512` gives `QWEN_IMAGE_2512_`."""
    return "".join(char if char.isalnum() else "_" for char in gateway).upper() + "_"


def read_settings() -> Settings:
    """Raises SettingsError."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(_lines(error))) from None


def read_gateways(catalogue: Catalogue) -> dict[GatewayId, GatewaySettings]:
    """The gateways that are switched on: by their key, a keyless one by its base address.

    Raises SettingsError.
    """
    found = {}
    for id_, row in catalogue.gateways.items():
        settings = _read_gateway(row)
        if settings.api_key or (row.keyless and settings.base_url):
            found[id_] = settings
    return found


def _read_gateway(row: Gateway) -> GatewaySettings:
    prefix = prefix_of(row.id)
    try:
        return GatewaySettings(_env_prefix=prefix)
    except ValidationError as error:
        raise SettingsError("\n".join(_lines(error, prefix))) from None


def _lines(error: ValidationError, prefix: str = "") -> Iterable[str]:
    for mistake in error.errors(include_url=False, include_input=False):
        why = mistake["msg"].removeprefix("Value error, ")
        name = prefix + "_".join(str(part) for part in mistake["loc"][:1]).upper()
        yield f"{name}: {why}" if mistake["loc"] else why  # what concerns several settings names them itself


class _Plans(Row):
    default: Plan = Plan()


class _Tables(BaseModel):
    """The whole file; what is not ours belongs to the catalogue."""

    plans: _Plans = _Plans()
    policy: Policy = Policy()
    routing: Preferences = Preferences()
    media: Retention = Retention()


def read_operator_file(path: Path | None) -> OperatorFile:
    """The plan and the policy. Durations are seconds. Raises SettingsError."""
    if path is None:
        return OperatorFile()
    try:
        tables = _Tables.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise SettingsError(f"CONFIG_FILE: {path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        raise SettingsError("\n".join(_places(path, error))) from None
    except ValueError as error:  # bad TOML or bad UTF-8
        raise SettingsError(f"CONFIG_FILE: {path.name}: {error}") from None
    return OperatorFile(
        plan=tables.plans.default, policy=tables.policy, routing=tables.routing, media=tables.media
    )


def _places(path: Path, error: ValidationError) -> Iterable[str]:
    for mistake in error.errors(include_url=False):
        place = ".".join(map(str, mistake["loc"]))
        yield f"CONFIG_FILE: {path.name}: {place}: {mistake['msg']}"
