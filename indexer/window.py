"""What the catalogue knows of some hundred rows, asked at once: a server is a round trip away for each question."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Self

from indexer.survey import Judged, Kept
from vitrine.ports import Catalogue, Imported


@dataclasses.dataclass(frozen=True, kw_only=True)
class Window:
    """``done``: (record number, source) of the photographs that are in the catalogue and embedded."""

    imported: Mapping[str, Imported]
    done: frozenset[tuple[int, str]]

    @classmethod
    def of(cls, rows: Sequence[Judged], catalogue: Catalogue, model_id: str) -> Self:
        """As the catalogue was before any of these rows went in."""
        wanted = {row.mapped.content.external_id for row in rows if isinstance(row, Kept)}
        imported = catalogue.imported(wanted) if wanted else {}
        if not imported:
            return cls(imported={}, done=frozenset())
        images = catalogue.images_by_source(known.record_id for known in imported.values())
        missing = catalogue.images_without_embedding(model_id, list(images.values()))
        return cls(
            imported=imported, done=frozenset(place for place, image_id in images.items() if image_id not in missing)
        )
