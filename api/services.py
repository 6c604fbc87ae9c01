"""What the API is given by whoever wires it: ports, and what it must know of them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request

from api import acceptance
from api.acceptance import Upload
from api.limits import ClientLimit
from api.pictures import Pictures
from api.progress import ProgressFeed
from api.text_queries import TextQueries
from api.together import Together
from vitrine.ports import Broker, Catalogue, Decoder, ImageStore, SearchLedger
from vitrine.settings import Settings


def _they_have_their_own() -> None:
    """Workers of other processes say themselves whether they can search."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Services:
    """``snapshot`` returns the manifest of the snapshot that is served, or None; ``model_id`` is the workers' model.

    ``texts``: what embeds visitors' texts; None where the model has no text tower.
    ``classifier``: the manifest of the version of the classifier that is active, or None.
    ``check_workers`` raises DependencyUnavailable where workers of this process cannot search.
    """

    settings: Settings
    catalogue: Catalogue
    ledger: SearchLedger
    broker: Broker
    images: ImageStore
    decoder: Decoder
    feed: ProgressFeed
    client_limit: ClientLimit
    model_id: str
    texts: TextQueries | None
    snapshot: Callable[[], Mapping[str, Any] | None]
    classifier: Callable[[], Mapping[str, Any] | None]
    check_workers: Callable[[], None] = _they_have_their_own

    @functools.cached_property
    def accept(self) -> Together[Upload, None]:
        """Durable, and on its way to a worker, when it returns. Raises DependencyUnavailable."""
        return Together(functools.partial(acceptance.accept, self.images, self.ledger, self.broker))

    @functools.cached_property
    def pictures(self) -> Pictures:
        return Pictures(self.images, self.decoder)


async def services(request: Request) -> Services:
    """FastAPI dependency; async, because FastAPI sends others to a thread and back."""
    found: Services = request.app.state.services
    return found
