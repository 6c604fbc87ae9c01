"""The promise that a search will end: its photograph, its row, then its message."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Mapping, Sequence

from vitrine import errors
from vitrine.domain import NewSearch, upload_key
from vitrine.messages import SearchRequested
from vitrine.ports import Broker, ImageStore, SearchLedger


@dataclasses.dataclass(frozen=True, kw_only=True)
class Upload:
    """A batch in the order of upload. ``photographs``: by search, those that were sent and are not the catalogue's."""

    batch_id: str
    searches: Sequence[NewSearch]
    photographs: Mapping[str, bytes] = dataclasses.field(default_factory=dict)


def accept(images: ImageStore, ledger: SearchLedger, broker: Broker, uploads: Sequence[Upload]) -> Sequence[None]:
    """All of them, or none and DependencyUnavailable.

    Whoever is killed in between leaves photographs that nobody asks for, or rows that are published later.
    """
    try:
        batches = {upload.batch_id: [_kept(images, search, upload) for search in upload.searches] for upload in uploads}
        ledger.accept(batches)
    except errors.DependencyUnavailable:
        # Sent again it has another id: while the database is away, every try would leave a copy. A row that is there
        # nevertheless, because the connection was lost at COMMIT, ends as failed; nobody was promised anything else.
        _discard(images, uploads)
        raise
    new = [search for searches in batches.values() for search in searches]
    try:
        broker.publish(*(SearchRequested(search_id=search.id) for search in new))
    except errors.DependencyUnavailable:
        # Whoever sent them is told to come back: what reached the queue all the same is old news to the worker.
        for search in new:
            ledger.cancel(search.id)
        _discard(images, uploads)
        raise
    return [None] * len(uploads)


def _discard(images: ImageStore, uploads: Sequence[Upload]) -> None:
    with contextlib.suppress(errors.DependencyUnavailable):
        for upload in uploads:
            for search_id in upload.photographs:
                images.remove(upload_key(search_id))


def _kept(images: ImageStore, search: NewSearch, upload: Upload) -> NewSearch:
    """With its photograph in the image store."""
    photograph = upload.photographs.get(search.id)
    if photograph is None:
        return search
    images.write(upload_key(search.id), photograph)
    return dataclasses.replace(search, image_sha256=hashlib.sha256(photograph).hexdigest())
