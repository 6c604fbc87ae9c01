"""In-memory adapters: a catalogue, an image store and an encoder that need no server, no disk and no model.

They keep every promise of their port, so that a test on them is a test of what runs.
"""

from __future__ import annotations

import dataclasses
import pathlib
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from vitrine import errors, record_pages, words
from vitrine.domain import CatalogueImage, Embedding, Pixels, Record, RecordContent, StoredEmbedding
from vitrine.ports import CatalogueCounts, Encoded, Imported, Labels, Page
from vitrine.preprocessing import Resize


class MemoryImageStore:
    def __init__(self) -> None:
        self._data: dict[str, bytes] = {}

    def write(self, key: str, data: bytes) -> None:
        self._data.setdefault(_checked(key), bytes(data))

    def read(self, key: str) -> bytes:
        try:
            return self._data[_checked(key)]
        except KeyError as error:
            raise errors.NotFound(f"The image store has no {key}.") from error

    def exists(self, key: str) -> bool:
        return _checked(key) in self._data

    def remove(self, key: str) -> None:
        self._data.pop(_checked(key), None)


class MemoryCatalogue:
    """Records, images and embeddings in dictionaries under one lock."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._records: dict[int, Record] = {}
        self._by_external_id: dict[str, int] = {}
        self._imported: dict[int, dict[str, str]] = {}
        self._images: dict[int, CatalogueImage] = {}
        self._sources: dict[int, str] = {}
        self._embeddings: dict[tuple[str, int], StoredEmbedding] = {}
        self._last_sequence = 0

    # Records

    def put_record(
        self,
        content: RecordContent,
        *,
        source: str = "",
        imported_sha256: str = "",
        merge: Callable[[RecordContent], RecordContent] | None = None,
        show: bool = True,
    ) -> tuple[int, bool]:
        said = {source: imported_sha256} if imported_sha256 else {}
        with self._lock:
            known = self._by_external_id.get(content.external_id)
            if known is None:
                record_id = len(self._records) + 1
                self._records[record_id] = Record(id=record_id, content=content, image_ids=())
                self._by_external_id[content.external_id] = record_id
                self._imported[record_id] = said
                return record_id, True
            imported = Imported(record_id=known, said=self._imported[known])
            if said and imported.is_old_news(source, imported_sha256):
                return known, False
            self._imported[known] = {**imported.said, **said}
            record = self._records[known]
            merged = merge(record.content) if merge else content
            shown_again = record.withdrawn and show
            if record.content == merged and not shown_again:
                return known, False
            self._change(record, content=merged, withdrawn=record.withdrawn and not show)
            if shown_again:
                self._number_anew(record)
            return known, True

    def imported(self, external_ids: Iterable[str]) -> Mapping[str, Imported]:
        with self._lock:
            known = {wanted: self._by_external_id.get(wanted) for wanted in external_ids}
            return {
                external_id: Imported(record_id=record_id, said=self._imported[record_id])
                for external_id, record_id in known.items()
                if record_id is not None
            }

    def create_record(self, content: RecordContent) -> int:
        with self._lock:
            known = self.record_by_external_id(content.external_id)
            if known is not None and not known.withdrawn:
                raise errors.RejectedInput(f"There is a record {content.external_id!r} already.", field="external_id")
            return self.put_record(content)[0]

    def change_record(self, record_id: int, change: Callable[[RecordContent], RecordContent]) -> Record:
        with self._lock:
            record = self.record(record_id)
            content = dataclasses.replace(change(record.content), external_id=record.content.external_id)
            return self._change(record, content=content, withdrawn=record.withdrawn)

    def withdraw(self, record_id: int) -> None:
        with self._lock:
            record = self.record(record_id)
            self._change(record, content=record.content, withdrawn=True)

    def record(self, record_id: int) -> Record:
        with self._lock:
            if record_id not in self._records:
                raise errors.NotFound(f"There is no record {record_id}.")
            return self._records[record_id]

    def record_by_external_id(self, external_id: str) -> Record | None:
        with self._lock:
            record_id = self._by_external_id.get(external_id)
            return None if record_id is None else self._records[record_id]

    def records_of_images(self, image_ids: Iterable[int]) -> Mapping[int, Record]:
        with self._lock:
            owners = {number: self._records[image.record_id] for number, image in self.images(image_ids).items()}
        return {image_id: record for image_id, record in owners.items() if not record.withdrawn}

    def browse(
        self,
        *,
        text: str = "",
        typology: str = "",
        museum: str = "",
        among: Collection[int] | None = None,
        cursor: str | None = None,
        limit: int = 24,
    ) -> Page:
        wanted = words.wanted(text) if text.strip() else []
        spellings = set(record_pages.spellings(text))
        shown = [
            record
            for record in self._shown()
            if typology in ("", record.content.typology)
            and museum in ("", record.content.museum)
            and (among is None or record.id in among)
        ]
        numbered = [record.id for record in shown if spellings & _numbers(record.content)]
        numbered = numbered[: record_pages.MOST_OF_ONE_NUMBER]
        others = [record for record in shown if record.id not in numbered and _speaks_of(record.content, wanted)]
        return record_pages.page(
            cursor,
            limit,
            numbered=numbered if wanted else None,
            read=lambda numbers: [record for record in shown if record.id in numbers],
            others=lambda after, count: [record for record in others if record.id > after][:count],
        )

    def labels(self) -> Labels:
        contents = [(record.id, record.content) for record in self._shown() if record.content.typology]
        return Labels.of((number, content.typology, content.translations) for number, content in contents)

    def facets(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        contents = [record.content for record in self._shown()]
        return {
            "typology": _by_frequency(content.typology for content in contents),
            "museum": _by_frequency(content.museum for content in contents),
        }

    # Images

    def add_image(self, record_id: int, *, sha256: str, width: int, height: int, source: str) -> tuple[int, bool]:
        with self._lock:
            record = self.record(record_id)
            for image_id in record.image_ids:
                if self._images[image_id].sha256 == sha256:
                    self._sources[image_id] = source
                    return image_id, False
            image = CatalogueImage(
                id=len(self._images) + 1,
                record_id=record_id,
                sha256=sha256,
                position=len(record.image_ids),
                width=width,
                height=height,
            )
            self._images[image.id], self._sources[image.id] = image, source
            self._records[record_id] = dataclasses.replace(
                record, image_ids=(*record.image_ids, image.id), revision=record.revision + 1
            )
            return image.id, True

    def images_by_source(self, record_ids: Iterable[int]) -> Mapping[tuple[int, str], int]:
        with self._lock:
            wanted = set(record_ids)
            return {
                (image.record_id, self._sources[image.id]): image.id
                for image in self._images.values()
                if image.record_id in wanted
            }

    def image(self, image_id: int) -> CatalogueImage:
        with self._lock:
            if image_id not in self._images:
                raise errors.NotFound(f"There is no image {image_id}.")
            return self._images[image_id]

    def images(self, image_ids: Iterable[int]) -> Mapping[int, CatalogueImage]:
        with self._lock:
            return {image_id: self._images[image_id] for image_id in image_ids if image_id in self._images}

    def images_after(self, image_id: int, limit: int, *, unembedded_by: str = "") -> Sequence[CatalogueImage]:
        with self._lock:
            following = sorted(number for number in self._images if number > image_id)
            wanted = self.images_without_embedding(unembedded_by, following) if unembedded_by else following
            return [self._images[number] for number in following if number in wanted][:limit]

    def withdrawn_image_ids(self) -> frozenset[int]:
        with self._lock:
            withdrawn = [record for record in self._records.values() if record.withdrawn]
        return frozenset(image_id for record in withdrawn for image_id in record.image_ids)

    # Embeddings

    def add_embeddings(self, model_id: str, vectors: Mapping[int, Embedding]) -> int:
        with self._lock:
            new = self.images_without_embedding(model_id, list(vectors))
            for image_id in [image_id for image_id in vectors if image_id in new]:
                self._last_sequence += 1
                self._embeddings[model_id, image_id] = StoredEmbedding(
                    sequence=self._last_sequence,
                    image_id=image_id,
                    record_id=self.image(image_id).record_id,
                    vector=np.array(vectors[image_id], np.float32),
                )
            return len(new)

    def images_without_embedding(self, model_id: str, image_ids: Sequence[int]) -> set[int]:
        with self._lock:
            return {image_id for image_id in image_ids if (model_id, image_id) not in self._embeddings}

    def embeddings_after(self, model_id: str, sequence: int, limit: int) -> Sequence[StoredEmbedding]:
        with self._lock:
            # Dictionaries keep the order of insertion, which is the order of sequence.
            rows = [row for (model, _), row in self._embeddings.items() if model == model_id]
        return [row for row in rows if row.sequence > sequence][:limit]

    def counts(self, model_id: str) -> CatalogueCounts:
        with self._lock:
            withdrawn = sum(record.withdrawn for record in self._records.values())
            return CatalogueCounts(
                records=len(self._records) - withdrawn,
                withdrawn=withdrawn,
                images=len(self._images),
                embeddings=sum(model == model_id for model, _ in self._embeddings),
            )

    def _number_anew(self, record: Record) -> None:
        for key in [key for key in self._embeddings if key[1] in record.image_ids]:
            self._last_sequence += 1
            self._embeddings[key] = dataclasses.replace(self._embeddings.pop(key), sequence=self._last_sequence)

    def _shown(self) -> list[Record]:
        with self._lock:
            return [record for record in self._records.values() if not record.withdrawn]

    def _change(self, record: Record, *, content: RecordContent, withdrawn: bool) -> Record:
        changed = dataclasses.replace(record, content=content, withdrawn=withdrawn, revision=record.revision + 1)
        self._records[record.id] = changed
        return changed


class ToyEncoder:
    """Colours and edges of a picture as a vector: no model, and pictures that look alike are near each other.

    A histogram of 4 × 4 × 4 colours, and one of 8 edge directions in each of 4 × 4 cells.
    """

    model_id = "toy@0000000000000000"
    resize = Resize(mode="letterbox", size=64)
    dimension = 64 + 128

    def encode(self, batch: Pixels) -> npt.NDArray[np.float32]:
        vectors = np.stack([np.concatenate([_colours(picture), _edges(picture)]) for picture in batch])
        # The root lets rare colours count beside the ground; neither half can vanish, because the colours never do.
        rooted = np.sqrt(vectors)
        return np.asarray(rooted / np.linalg.norm(rooted, axis=1, keepdims=True), np.float32)

    def encode_with_class(self, batch: Pixels) -> Encoded:
        return Encoded(embeddings=self.encode(batch))

    def check(self) -> None:
        """Nothing can be away: the model is in this process."""


def _colours(picture: Pixels) -> npt.NDArray[np.float64]:
    red, green, blue = (picture.reshape(-1, 3) // 64).T.astype(np.int64)
    return np.bincount(red * 16 + green * 4 + blue, minlength=64) / len(red)


def _edges(picture: Pixels) -> npt.NDArray[np.float64]:
    grey = picture.mean(axis=2)
    down, right = np.gradient(grey)
    direction = ((np.arctan2(down, right) + np.pi) / (2 * np.pi) * 8).astype(np.int64) % 8
    rows, columns = np.indices(grey.shape)
    cell = rows * 4 // grey.shape[0] * 4 + columns * 4 // grey.shape[1]
    strength = np.hypot(down, right)
    histogram = np.bincount((cell * 8 + direction).ravel(), strength.ravel(), minlength=128)
    return np.asarray(histogram / max(float(strength.sum()), 1.0))


def _checked(key: str) -> str:
    path = pathlib.PurePosixPath(key)
    if path.is_absolute() or ".." in path.parts:
        raise errors.NotFound(f"{key!r} is not a key.")
    return key


def _by_frequency(values: Iterable[str]) -> list[tuple[str, int]]:
    counts = Counter(value for value in values if value)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _numbers(content: RecordContent) -> set[str]:
    return {content.external_id, content.inventory_no, content.kp_no}


def _speaks_of(content: RecordContent, wanted: Sequence[Sequence[str]]) -> bool:
    plain = dataclasses.asdict(content)
    translated = [text for texts in content.translations.values() for text in texts.values()]
    texts = [str(value) for name, value in plain.items() if name not in ("authors", "translations") and value]
    spoken = "".join(f" {word}" for word in words.words(" ".join([*texts, *content.authors, *translated])))
    return all(f" {' '.join(sequence)}" in spoken for sequence in wanted)
