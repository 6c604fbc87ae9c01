"""Queues and exchanges in RabbitMQ, portable between 3.10 and 4.3. Declared by everybody who connects."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pika.channel import Channel

from vitrine.messages import Lane, SearchEvent

OUTPUT = "output"
DEAD_LETTERS = "dead-letters"
# Of a message that is returned so often, each time because its worker's connection broke, the message is the cause.
DELIVERY_LIMIT = 20

_QUORUM = {"x-queue-type": "quorum"}
# A dead-lettered message leaves its queue only when the next one has confirmed it; that needs this kind of overflow.
_SAFELY = {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Topology:
    """retry_delays_s: how long a message that is delivered again waits, by its attempt; the last serves all later."""

    retry_delays_s: Sequence[float] = (5.0, 30.0, 120.0)

    def retry_queue(self, lane: Lane, attempt: int, at_least_s: float) -> str:
        """Where attempt number ``attempt``, 1 for the first, is put after it failed."""
        by_attempt = min(attempt, len(self.retry_delays_s)) - 1
        long_enough = [n for n, delay_s in enumerate(self.retry_delays_s) if delay_s >= at_least_s]
        number = max(by_attempt, long_enough[0] if long_enough else len(self.retry_delays_s) - 1)
        return _retry_name(lane, self.retry_delays_s[number])

    def queues(self, lane: Lane) -> list[str]:
        """All queues in which messages of the lane wait."""
        return [lane.value, *(_retry_name(lane, delay_s) for delay_s in self.retry_delays_s)]

    def declare(self, channel: Channel, then: Callable[[], None]) -> None:
        """Ask for everything at once; ``then`` is called after the last answer.

        A queue that is there with other arguments closes the channel.
        """
        channel.exchange_declare(OUTPUT, "topic", durable=True)
        channel.exchange_declare(DEAD_LETTERS, "fanout", durable=True)
        for name, arguments in self._arguments():
            channel.queue_declare(name, durable=True, arguments={**_QUORUM, **arguments})
        channel.queue_bind(DEAD_LETTERS, DEAD_LETTERS, callback=lambda _ok: then())

    def _arguments(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield DEAD_LETTERS, {}
        for lane in Lane:
            yield lane.value, {"x-delivery-limit": DELIVERY_LIMIT, "x-dead-letter-exchange": DEAD_LETTERS, **_SAFELY}
            for delay_s in self.retry_delays_s:
                back = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": lane.value, **_SAFELY}
                yield _retry_name(lane, delay_s), {"x-message-ttl": int(delay_s * 1000), **back}


def routing_key(event: SearchEvent) -> str:
    """Kind and batch: `SearchCompleted.*` are all results, `*.BATCH` is all of one batch."""
    return f"{event.kind.value}.{event.batch_id}"


def _retry_name(lane: Lane, delay_s: float) -> str:
    return f"{lane.value}.retry.{delay_s:g}s"
