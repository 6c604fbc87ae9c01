"""One tree of errors; each class says what happens next. Third-party exceptions stop at the adapters."""

from __future__ import annotations


class VitrineError(Exception):
    """Root of everything that Vitrine raises on purpose.

    ``code`` is stable and machine-readable (the page translates it); the message says what to do, in English.
    """

    code = "internal"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class RejectedInput(VitrineError):
    """Whoever sent this must change it: tell them, never retry.

    ``field`` names the part of the request; ``index``: which of several in that field, from 0.
    """

    code = "rejected_input"

    def __init__(
        self, message: str, *, code: str | None = None, field: str | None = None, index: int | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.field = field
        self.index = index


class UnsupportedPicture(RejectedInput):
    """The bytes are not a picture in a format that Vitrine reads."""

    code = "unsupported_picture"


class BrokenPicture(RejectedInput):
    """A supported format, but truncated, damaged, or deadly to its decoder."""

    code = "broken_picture"


class SlowPicture(BrokenPicture):
    """Not decoded within the patience of who asked: ask again with more where nobody else waits."""


class TooLarge(RejectedInput):
    """More bytes or pixels than the limits allow."""

    code = "too_large"


class AlreadyFinished(RejectedInput):
    """The search has its terminal row: there is nothing left to cancel."""

    code = "already_finished"


class NotFound(VitrineError):
    """No such search, record or image."""

    code = "not_found"


class DependencyUnavailable(VitrineError):
    """Broker, database, encoder or store is away: keep the work and try again later."""

    code = "unavailable"

    def __init__(self, message: str, *, retry_after_s: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class IndexNotReady(VitrineError):
    """Nothing is indexed under the encoder's model yet: an operator must index first."""

    code = "index_not_ready"


class Overloaded(DependencyUnavailable):
    """The expected wait is above the limit: come back later."""

    code = "overloaded"


class TooManyRequests(Overloaded):
    """This client has sent more than its share: it alone must slow down."""

    code = "too_many_requests"


class Misconfigured(VitrineError):
    """A setting, model description or mapping profile is wrong: an operator must change it."""

    code = "misconfigured"


class DamagedSnapshot(VitrineError):
    """A snapshot's files do not match its manifest: it is never served."""

    code = "damaged_snapshot"
