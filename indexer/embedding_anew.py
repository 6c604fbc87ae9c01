"""Images that the catalogue has and today's model has not seen: embedded from the originals that the store keeps.

So a catalogue changes its model without the table and the folders that it once came from.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent import futures

from indexer.interruption import Interruption
from indexer.photographs import Ports, StartEmbedding
from indexer.progress import Progress
from vitrine.domain import CatalogueImage

_PAGE = 500


@dataclasses.dataclass(frozen=True, kw_only=True)
class Embedded:
    """added: embeddings that the catalogue did not have. given_up: images that the log tells why they have none."""

    model_id: str
    added: int
    given_up: int
    interrupted: bool

    def lines(self) -> list[str]:
        left = f", {self.given_up:,} images left out (see above)" if self.given_up else ""
        lines = [f"embedded    {self.added:,} images under {self.model_id}{left}"]
        return [*lines, "interrupted: run the same command again to go on"] if self.interrupted else lines


def embed(ports: Ports, embedding: StartEmbedding, *, shown: Progress, interruption: Interruption) -> Embedded:
    """Raises DependencyUnavailable; running it again goes on where it ended."""
    model_id = ports.encoder.model_id
    counts = ports.catalogue.counts(model_id)
    threads = futures.ThreadPoolExecutor(ports.decoder.slots, thread_name_prefix="photographs")
    embedder = embedding(ports, threads=threads, progress=shown, interruption=interruption)
    shown.start("indexing", "images", counts.images - counts.embeddings)
    try:
        for image in _unembedded(ports, model_id):
            if interruption.asked:
                break
            embedder.take_stored(image)
            shown.advance()
        shown.finish()
        embedder.finish()
    finally:
        shown.finish()
        # Where an error ends the run, nothing more is started and nothing is waited for.
        threads.shutdown(wait=False, cancel_futures=True)
    return Embedded(model_id=model_id, added=embedder.added, given_up=embedder.given_up, interrupted=interruption.asked)


def _unembedded(ports: Ports, model_id: str) -> Iterator[CatalogueImage]:
    last = 0
    while page := ports.catalogue.images_after(last, _PAGE, unembedded_by=model_id):
        yield from page
        last = page[-1].id
