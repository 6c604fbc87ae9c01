"""Every setting, read from the environment (prefix VITRINE_) when an entry point asks; docs/settings.md lists them."""

from __future__ import annotations

import os
import pathlib
from typing import Literal
from urllib import parse

import pydantic
import pydantic_settings

from vitrine import errors

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODELS = ROOT / "models"


class Settings(pydantic_settings.BaseSettings):
    """One frozen value for one process. Units are in the names."""

    model_config = pydantic_settings.SettingsConfigDict(env_prefix="VITRINE_", frozen=True, extra="ignore")

    home: pathlib.Path = pydantic.Field(
        default=ROOT / ".vitrine", description="Where the catalogue, the photographs and the snapshots lie."
    )
    model: str = pydantic.Field(
        default="vitrine-s", description="Id of a model under models/, or the path of a model description (YAML)."
    )
    database_url: str = pydantic.Field(
        default="", description="SQLAlchemy URL; empty: SQLite at VITRINE_HOME/catalogue.sqlite3."
    )
    broker_url: str = pydantic.Field(
        default="",
        description="AMQP URL of RabbitMQ, or several of one cluster separated by commas: for API, workers and "
        "`--via queue`. python -m local has its queue in memory, whatever this says.",
    )
    triton_url: str = pydantic.Field(
        default="",
        description="HOST:PORT of Triton's gRPC, for workers and indexer; empty: the model runs in their own process, "
        "as it always does in python -m local.",
    )
    triton_deadline_s: float = pydantic.Field(
        default=10.0, gt=0, description="Wall time that one request to Triton may take."
    )
    triton_concurrency: int = pydantic.Field(
        default=16, ge=1, description="Requests to Triton that a process has under way at a time."
    )
    host: str = pydantic.Field(default="127.0.0.1", description="Address that the HTTP server listens on.")
    port: int = pydantic.Field(
        default=8000,
        ge=1,
        le=65535,
        validation_alias=pydantic.AliasChoices("VITRINE_PORT", "PORT"),
        description="Port of the server.",
    )
    workers: int = pydantic.Field(
        default=0,
        ge=0,
        description="Searches in hand at a time; 0: eight for each core, which are decoded and encoded together.",
    )
    decoders: int = pydantic.Field(default=0, ge=0, description="Decoder processes; 0: one for each core.")
    decode_timeout_s: float = pydantic.Field(
        default=20.0, gt=0, description="Time that one picture may take: wall time, or the CPU's where workers import."
    )
    decode_memory_mib: int = pydantic.Field(
        default=2048, ge=512, description="Address space of a decoder process, in MiB."
    )
    max_upload_mib: float = pydantic.Field(default=50.0, gt=0, description="Largest photograph, in MiB.")
    max_files: int = pydantic.Field(default=50, ge=1, description="Most photographs in one upload.")
    max_pixels: int = pydantic.Field(
        default=100_000_000, ge=1_000_000, description="Most pixels that are decoded; four times as many for JPEG."
    )
    max_wait_s: float = pydantic.Field(
        default=120.0, gt=0, description="Expected wait above which new searches are answered 503 with Retry-After."
    )
    geometric_check: bool = pydantic.Field(
        default=True, description="Whether searches that do not say compare local features of the first 30 neighbours."
    )
    refresh_s: float = pydantic.Field(
        default=1.0, gt=0, description="How often changes of the catalogue and new snapshots are looked for."
    )

    index_slots: int = pydantic.Field(
        default=1,
        ge=0,
        description="Messages of bulk indexing that a worker process has in hand at a time; 0: none.",
    )
    grace_s: float = pydantic.Field(
        default=20.0, gt=0, description="How long a worker that is asked to stop may take to finish what is in hand."
    )
    operations_port: int = pydantic.Field(
        default=9100, ge=0, le=65535, description="Port of a worker's health and metrics (python -m workers)."
    )
    operations_host: str = pydantic.Field(
        default="127.0.0.1", description="Address that a worker's health and metrics are served on."
    )
    trusted_proxies: str = pydantic.Field(
        default="127.0.0.1",
        description="Addresses or networks, with commas, of proxies whose X-Forwarded-For is believed.",
    )
    searches_per_minute: int = pydantic.Field(
        default=6000,
        ge=0,
        description="Searches that one client may ask for a minute, by photograph, by record or by meaning; "
        "above it 429; 0: no limit.",
    )
    keep_searches_days: float = pydantic.Field(
        default=0,
        ge=0,
        description="Days after which a search that has ended is forgotten, with its photograph; 0: kept for ever.",
    )
    log_format: Literal["text", "json"] = pydantic.Field(
        default="text", description="Log lines for a person (text) or for a machine (json)."
    )

    @staticmethod
    def complaints(error: pydantic.ValidationError) -> list[str]:
        """What is wrong with which variable, a line each."""
        found = [("_".join(str(part) for part in wrong["loc"]).upper(), wrong["msg"]) for wrong in error.errors()]
        # The port's field has its variable's name already, because it has two.
        return [
            f"vitrine: the setting VITRINE_{name.removeprefix('VITRINE_')} is wrong: {message}"
            for name, message in found
        ]

    def make_home(self) -> None:
        """Raises Misconfigured."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise errors.Misconfigured(
                f"{self.home} cannot be made: {error.strerror}. Set VITRINE_HOME to a folder that you may write to."
            ) from error

    @property
    def sqlalchemy_url(self) -> str:
        # A folder's name may have characters that mean something in a URL.
        return self.database_url or f"sqlite:///{parse.quote(str(self.home / 'catalogue.sqlite3'))}"

    @property
    def model_folders(self) -> list[pathlib.Path]:
        """Where a model is looked for by its id: those that ship first."""
        return [MODELS, self.home / "models"]

    @property
    def cores(self) -> int:
        return len(os.sched_getaffinity(0))

    @property
    def in_hand(self) -> int:
        return self.workers or 8 * self.cores

    @property
    def search_slots(self) -> int:
        """Threads that search, each with a decoder: more of them would only take the cores from each other."""
        return min(self.decoder_slots, self.in_hand)

    @property
    def searches_together(self) -> int:
        """Searches that a thread takes at a time."""
        return self.in_hand // self.search_slots

    @property
    def decoder_slots(self) -> int:
        return self.decoders or self.cores

    @property
    def max_upload_bytes(self) -> int:
        return int(self.max_upload_mib * 2**20)
