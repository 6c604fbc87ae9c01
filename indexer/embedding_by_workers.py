"""Images are embedded by the search workers: published in groups, and watched in the catalogue, which is the truth.

A message may be lost or come twice: what was published and is not embedded is published again, and what is embedded
already costs a worker one question.
"""

from __future__ import annotations

import dataclasses
import itertools
import logging
import time
from concurrent import futures

from indexer.interruption import Interruption
from indexer.photographs import Ports
from indexer.progress import Progress
from vitrine import errors, preparation
from vitrine.domain import CatalogueImage, Pixels
from vitrine.messages import IndexRequested, Lane
from vitrine.ports import Broker

_log = logging.getLogger(__name__)

GROUP = 16
"""Images in one message: worth its way, and little to do again when its worker is killed."""
MOST_OUTSTANDING = 2000
"""Images that are published and not embedded, those of other runs included as far as the broker still holds them."""
# Until there is room again only these are asked for: two thousand at a time are work for the database, beside visitors.
_OLDEST = 8 * GROUP
_ALL_ASKED_EVERY_S = 5.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Patience:
    """How long each thing may take, in seconds.

    silent: an image that no message in the broker may be about; longer than a worker holds a message while visitors
    search. lost: the same where messages wait. away: a broker that cannot be reached. look: between two looks at the
    catalogue. tries: publications of an image before it is given up.
    """

    silent_s: float = 90.0
    lost_s: float = 900.0
    away_s: float = 60.0
    look_s: float = 0.5
    complain_s: float = 30.0
    tries: int = 3


@dataclasses.dataclass(frozen=True)
class _Published:
    at: float
    times: int


class EmbeddingByWorkers:
    """Local features are the workers' too; they are there before the embedding, so before anybody finds the image.

    Workers leave alone what is embedded: where it has lost its features, this process keeps them anew.
    """

    def __init__(
        self,
        broker: Broker,
        ports: Ports,
        *,
        progress: Progress,
        interruption: Interruption,
        threads: futures.Executor | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._broker = broker
        self._ports = ports
        self._catalogue = ports.catalogue
        self._model_id = ports.encoder.model_id
        self._threads = threads
        self._progress = progress
        self._interruption = interruption
        self._patience = patience or Patience()
        self._group: list[int] = []
        self._outstanding: dict[int, _Published] = {}
        self._moved_at = self._complained_at = self._all_asked_at = time.monotonic()
        self.added = 0
        self.given_up = 0

    def wants_features(self, sha256: str) -> bool:
        """The picture is decoded to be judged; the rest is the workers'."""
        return False

    def take(self, image_id: int, model_input: Pixels) -> None:
        self._take(image_id)

    def take_stored(self, image: CatalogueImage) -> None:
        self._take(image.id)

    def _take(self, image_id: int) -> None:
        self._group.append(image_id)
        if len(self._group) >= GROUP:
            self._publish_group()

    def finish(self) -> None:
        """Once somebody asked for the end, what is published stays with the workers and nothing is waited for."""
        self._publish_group()
        if self._interruption.asked:
            return
        self._progress.start("embedding", "images", len(self._outstanding))
        while self._outstanding and not self._interruption.asked:
            for _ in range(self._look()):
                self._progress.advance()
            if self._outstanding:
                time.sleep(self._patience.look_s)
        self._progress.finish()

    def _publish_group(self) -> None:
        unembedded = self._catalogue.images_without_embedding(self._model_id, self._group)
        self._repair(set(self._group) - unembedded)
        missing = unembedded - self._outstanding.keys()
        self._group = []
        while missing and self._is_full() and not self._interruption.asked:
            if not self._look(None if self._time_to_ask_all() else _OLDEST):
                time.sleep(self._patience.look_s)
        # An image that is not published when the run is interrupted is found without its embedding by the next run.
        if missing and not self._interruption.asked:
            self._publish(sorted(missing))

    def _repair(self, embedded: set[int]) -> None:
        images = self._catalogue.images(embedded).values() if embedded else ()
        bare = [image for image in images if preparation.lacks_features(image.sha256, self._ports.images)]
        list(self._threads.map(self._keep_features, bare) if self._threads else map(self._keep_features, bare))

    def _keep_features(self, image: CatalogueImage) -> None:
        try:
            preparation.stored(image, self._ports.images, self._ports.decoder, self._ports.encoder.resize)
        except (errors.NotFound, errors.RejectedInput) as error:
            _log.error("image %d is left without local features: %s", image.id, error.message)

    def _is_full(self) -> bool:
        waiting = (self._waiting_messages() or 0) * GROUP
        return max(len(self._outstanding), waiting) + GROUP > MOST_OUTSTANDING

    def _time_to_ask_all(self) -> bool:
        """Now and then: messages about the oldest may be lost while others are embedded."""
        now = time.monotonic()
        due = now - self._all_asked_at >= _ALL_ASKED_EVERY_S
        if due:
            self._all_asked_at = now
        return due

    def _look(self, oldest: int | None = None) -> int:
        """How many are no longer under way since the last look; what is missed for too long is published again.

        Only so many of the ``oldest`` are asked for, or all.
        """
        before = len(self._outstanding)
        asked = list(itertools.islice(self._outstanding, oldest))
        embedded = set(asked) - self._catalogue.images_without_embedding(self._model_id, asked)
        for image_id in embedded:
            del self._outstanding[image_id]
        self.added += len(embedded)
        if embedded:
            self._moved_at = time.monotonic()
        self._publish_missed()
        return before - len(self._outstanding)

    def _publish_missed(self) -> None:
        now, patience, waiting = time.monotonic(), self._patience, self._waiting_messages()
        self._complain(now, waiting)
        if waiting is None:
            # Nobody knows what the broker holds: it is asked again once it is back.
            return
        due = now - (patience.lost_s if waiting else patience.silent_s)
        if waiting and self._moved_at > due:
            # While the queue moves, an image's turn may still come.
            return
        missed = sorted(image_id for image_id, published in self._outstanding.items() if published.at < due)
        self._give_up([image_id for image_id in missed if self._outstanding[image_id].times >= patience.tries], waiting)
        again = [image_id for image_id in missed if image_id in self._outstanding]
        for start in range(0, len(again), GROUP):
            self._publish(again[start : start + GROUP])
        if again:
            _log.warning("published %d images again that no worker had embedded", len(again))

    def _give_up(self, image_ids: list[int], waiting: int) -> None:
        """What is left of another run may be nothing but images that cannot be embedded, however many they are."""
        if not image_ids:
            return
        all_taken = not waiting and self._catalogue.counts(self._model_id).embeddings > 0
        if not self.added and not all_taken:
            raise errors.DependencyUnavailable(
                f"No worker embeds anything under {self._model_id}: see their log, and whether VITRINE_MODEL,"
                " VITRINE_DATABASE_URL and VITRINE_HOME are theirs too."
            )
        _log.error("given up after %d publications: images %s", self._patience.tries, image_ids)
        for image_id in image_ids:
            del self._outstanding[image_id]
        self.given_up += len(image_ids)

    def _publish(self, image_ids: list[int]) -> None:
        request = IndexRequested(model_id=self._model_id, image_ids=tuple(image_ids))
        deadline = time.monotonic() + self._patience.away_s
        while True:
            try:
                self._broker.publish(request)
                break
            except errors.DependencyUnavailable as error:
                if self._interruption.asked or time.monotonic() > deadline:
                    raise
                _log.warning("waiting for the broker: %s", error.message)
                time.sleep(self._patience.look_s)
        now = time.monotonic()
        for image_id in image_ids:
            before = self._outstanding.get(image_id)
            self._outstanding[image_id] = _Published(at=now, times=before.times + 1 if before else 1)

    def _waiting_messages(self) -> int | None:
        """None where it cannot be known."""
        try:
            return self._broker.depth(Lane.INDEX)
        except errors.DependencyUnavailable:
            return None

    def _complain(self, now: float, waiting: int | None) -> None:
        silent_s = now - max(self._moved_at, self._complained_at)
        if not self._outstanding or silent_s < self._patience.complain_s:
            return
        self._complained_at = now
        known = "RabbitMQ is away" if waiting is None else f"{waiting} messages wait in the broker"
        _log.warning("nothing was embedded for %.0f s (%s); does python -m workers run?", now - self._moved_at, known)
