"""What every broker does alike with delivered messages: slots, fair shares, patience with a dependency."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from vitrine import errors, logs
from vitrine.messages import Command, SearchRequested
from vitrine.ports import Handler, Outcome

_log = logging.getLogger(__name__)

# So many failures without a success between them are not one message's bad luck: the dependency is down.
_DOWN_AFTER = 3
_FIRST_PAUSE_S = 0.25
# What is back is noticed within this time.
_LONGEST_PAUSE_S = 4.0
_INDEX_WAITS_AT_MOST_S = 60.0
# In the middle of a message. All its pictures together stay far from the time after which it would be missed.
_PICTURE_WAITS_AT_MOST_S = 1.0

C = TypeVar("C", bound=Command)
Share = Callable[[int], int]
"""How many of so many messages that wait the slot that asks shall take: one at least."""
C_co = TypeVar("C_co", bound=Command, covariant=True)


class Delivery(Protocol[C_co]):
    """A message in hand, and the four things that can become of it."""

    @property
    def command(self) -> C_co: ...
    @property
    def held(self) -> bool:
        """False once the broker has taken it back, to deliver it to somebody else."""
        ...

    def done(self) -> None: ...
    def again(self, after_s: float) -> None:
        """Raises DependencyUnavailable where it could not be put away; then it is still in hand."""
        ...

    def give_back(self) -> None:
        """Unfinished, for whoever takes it next."""
        ...

    def refuse(self) -> None:
        """Nobody can handle it: put it where an operator looks."""
        ...


class Patience:
    """Tells a dependency that is down from one unlucky message, and how long to wait before it is asked again."""

    def __init__(self) -> None:
        self._failures = 0
        self._changed = threading.Condition()

    def succeeded(self) -> None:
        with self._changed:
            if self._failures:
                self._failures = 0
                self._changed.notify_all()

    def failed(self) -> bool:
        """Whether the dependency must be taken to be down."""
        with self._changed:
            self._failures += 1
            return self._failures >= _DOWN_AFTER

    def wait(self) -> None:
        """Until another slot succeeded, somebody woke the waiting, or it is time to ask again."""
        with self._changed:
            doublings = max(0, self._failures - _DOWN_AFTER)
            self._changed.wait(min(_FIRST_PAUSE_S * 2.0 ** min(doublings, 10), _LONGEST_PAUSE_S))

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


class SearchesInHand:
    """How many searches this process works on. Indexing begins in the gaps."""

    def __init__(self, *, index_waits_at_most_s: float = _INDEX_WAITS_AT_MOST_S) -> None:
        self._index_waits_at_most_s = index_waits_at_most_s
        self._count = 0
        self._changed = threading.Condition()

    def counted(self, handler: Handler) -> Handler:
        def handle(commands: Sequence[SearchRequested]) -> Sequence[Outcome]:
            with self._one_more():
                return handler(commands)

        return handle

    def wait_for_gap(self, given_up: Callable[[], bool]) -> None:
        """Until no search is in hand, indexing has waited for long enough, or it is given up."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0 or given_up(), self._index_waits_at_most_s)

    def give_way(self) -> None:
        """Until no search is in hand, or a second has passed."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, _PICTURE_WAITS_AT_MOST_S)

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    @contextlib.contextmanager
    def _one_more(self) -> Iterator[None]:
        with self._changed:
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()


def one_by_one(handler: Callable[[C], None]) -> Callable[[Sequence[C]], Sequence[Outcome]]:
    """The handler of one message as a handler of several, which does not let one of them spoil the others."""

    def outcome(command: C) -> Outcome:
        with logs.about(command.about):
            try:
                handler(command)
            except errors.VitrineError as error:
                return error
            # The boundary of a handler: whatever it was, the next message must be taken.
            except Exception as error:  # noqa: BLE001
                _log.exception("%s broke its worker", command.subject)
                return errors.RejectedInput(f"it broke its worker: {error!r}")
            return None

    return lambda commands: [outcome(command) for command in commands]


class Slots(Generic[C]):
    """Threads that take deliveries, ``together`` at a time at most, until ``take`` returns none, and settle each.

    What waits is shared among the slots that are idle, so that none goes without while another has a heap.
    """

    def __init__(
        self,
        name: str,
        take: Callable[[Share], Sequence[Delivery[C]]],
        handler: Callable[[Sequence[C]], Sequence[Outcome]],
        *,
        count: int,
        together: int = 1,
        yields_to: SearchesInHand | None = None,
    ) -> None:
        self._take = take
        self._handler = handler
        self._together = together
        self._yields_to = yields_to
        self._patience = Patience()
        self._stopping = False
        self._idle = 0
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True) for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """What is in hand is finished; what waits for a dependency is given back. ``take`` must return none soon."""
        self._stopping = True
        self._patience.wake()
        if self._yields_to:
            self._yields_to.wake()

    def join(self, deadline: float) -> bool:
        """``deadline`` in time.monotonic() seconds; False where a slot still works."""
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while deliveries := self._next():
            if self._yields_to:
                self._yields_to.wait_for_gap(lambda: self._stopping)
                if self._stopping:
                    _give_back(deliveries)
                    continue
            self._settle(deliveries)

    def _next(self) -> Sequence[Delivery[C]]:
        with self._lock:
            self._idle += 1
        try:
            return self._take(self._share)
        finally:
            with self._lock:
                self._idle -= 1

    def _share(self, waiting: int) -> int:
        return max(1, min(self._together, -(-waiting // max(1, self._idle))))

    def _settle(self, deliveries: Sequence[Delivery[C]]) -> None:
        """Every delivery is settled when this returns, or belongs to another worker."""
        while deliveries := [delivery for delivery in deliveries if delivery.held]:
            outcomes = self._outcomes(deliveries)
            away = [error for error in outcomes if isinstance(error, errors.DependencyUnavailable)]
            if any(outcome is None for outcome in outcomes):
                self._patience.succeeded()
            # Together they met one dependency, once.
            down = bool(away) and self._patience.failed()
            deliveries = [
                delivery
                for delivery, outcome in zip(deliveries, outcomes, strict=True)
                if not _settled(delivery, outcome, keep=down)
            ]
            if deliveries and not self._stopping:
                self._patience.wait()
            if self._stopping:
                _give_back(deliveries)
                return

    def _outcomes(self, deliveries: Sequence[Delivery[C]]) -> Sequence[Outcome]:
        try:
            return self._handler([delivery.command for delivery in deliveries])
        # The boundary of a thread: whatever it was, the next messages must be taken.
        except Exception as error:  # noqa: BLE001
            _log.exception("%s broke its worker", deliveries[0].command.subject)
            return [errors.RejectedInput(f"it broke its worker: {error!r}")] * len(deliveries)


def _settled(delivery: Delivery[C], outcome: Outcome, *, keep: bool) -> bool:
    """Whether it is out of hand. ``keep``: what it waits for is down, so it is tried again in place."""
    with logs.about(delivery.command.about):
        match outcome:
            case None:
                delivery.done()
            case errors.DependencyUnavailable():
                if keep or not _put_away(delivery, outcome):
                    _log.warning("%s waits for what it needs: %s", delivery.command.subject, outcome.message)
                    return False
            case _:
                _log.error("%s goes to the dead letters: %s", delivery.command.subject, outcome.message)
                delivery.refuse()
        return True


def _give_back(deliveries: Sequence[Delivery[C]]) -> None:
    for delivery in deliveries:
        delivery.give_back()


def _put_away(delivery: Delivery[C], error: errors.DependencyUnavailable) -> bool:
    try:
        delivery.again(error.retry_after_s)
    except errors.DependencyUnavailable as refused:
        _log.warning("%s stays in hand: %s", delivery.command.subject, refused.message)
        return False
    _log.warning("%s is delivered again: %s", delivery.command.subject, error.message)
    return True
