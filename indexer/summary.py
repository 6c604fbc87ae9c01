"""What a run did, as a value and as lines for whoever started it."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping

_REASONS = {
    "no_external_id": "no external id",
    "too_long": "a text is too long",
    "bad_year": "a year is wrong",
    "ragged_row": "more or fewer cells than the header",
    "bad_quotes": "a quotation mark is wrong",
    "nul_byte": "a NUL byte",
    "bad_bytes": "bytes that are no text",
    "damaged_text": "letters that were lost before",
    "image_missing": "the photograph is not there",
    "image_is_url": "the photograph is a web address",
    "image_outside": "the photograph lies outside its folder",
    "unsupported_picture": "not a picture that is read",
    "broken_picture": "a damaged picture",
    "too_large": "the picture is too large",
    "too_many_pixels": "the picture has too many pixels",
    "source_changed": "the source changed meanwhile",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rejected:
    """``path``: the file that holds the rows; None where there is none. A row may be rejected for several reasons."""

    rows: int
    by_code: Mapping[str, int]
    path: pathlib.Path | None

    def lines(self) -> list[str]:
        lines = [f"rejected    {self.rows:,} rows"]
        for code, count in sorted(self.by_code.items(), key=lambda item: -item[1]):
            lines.append(f"            {count:,} × {_REASONS.get(code, code)}")
        if self.rows and self.path is not None:
            lines.append(f"            Correct them in {self.path} and add that file.")
        return lines


@dataclasses.dataclass(kw_only=True)
class Tally:
    """Counted while the run is on. A record is changed where the catalogue had it with other words.

    ``overwritten``: values that the catalogue had and the source replaced, with the first of them as an example.
    ``kept``: the same of those that rows which were rejected before did not replace.
    """

    rows: int = 0
    filtered: int = 0
    conflicts: int = 0
    overwritten: int = 0
    overwritten_example: str = ""
    kept: int = 0
    kept_example: str = ""
    records_added: int = 0
    records_changed: int = 0
    records_unchanged: int = 0
    images_added: int = 0
    images_known: int = 0
    embeddings_added: int = 0
    embeddings_given_up: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """What a dry run found. ``images`` are files that are there; nobody has looked into them yet."""

    rows: int
    filtered: int
    conflicts: int
    records: int
    images: int
    rejected: Rejected
    interrupted: bool

    def lines(self) -> list[str]:
        return [
            _rows_line(self.rows, self.filtered),
            f"records     {self.records:,}",
            f"images      {self.images:,} found",
            *_conflict_lines(self.conflicts),
            *self.rejected.lines(),
            *_hint(self.rejected, found=self.images),
            "Interrupted." if self.interrupted else "Dry run: nothing was changed.",
        ]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Summary:
    """``interrupted``: somebody asked for the end; the same command goes on from there."""

    tally: Tally
    rejected: Rejected
    interrupted: bool

    def lines(self) -> list[str]:
        tally = self.tally
        lines = [
            _rows_line(tally.rows, tally.filtered),
            f"records     {tally.records_added:,} added, {tally.records_changed:,} changed, "
            f"{tally.records_unchanged:,} unchanged",
            f"images      {tally.images_added:,} added, {tally.images_known:,} known",
            f"embeddings  {tally.embeddings_added:,} added",
            *_given_up_lines(tally.embeddings_given_up),
            *_conflict_lines(tally.conflicts),
            *_overwritten_lines(tally),
            *_kept_lines(tally),
            *self.rejected.lines(),
            *_hint(self.rejected, found=tally.images_added + tally.images_known),
        ]
        if self.interrupted:
            lines.append("Interrupted: run the same command again to resume.")
        return lines


def _rows_line(rows: int, filtered: int) -> str:
    return f"rows        {rows:,}" + (f" ({filtered:,} more are left out by the conditions)" if filtered else "")


def _given_up_lines(given_up: int) -> list[str]:
    if not given_up:
        return []
    return [f"            {given_up:,} images were left out by the workers (their log says why): run again to retry"]


def _conflict_lines(conflicts: int) -> list[str]:
    if not conflicts:
        return []
    return [f"conflicts   {conflicts:,} values differ between rows of one object: the first was kept"]


def _overwritten_lines(tally: Tally) -> list[str]:
    if not tally.overwritten:
        return []
    return [
        f"overwritten {tally.overwritten:,} values of the catalogue, such as {tally.overwritten_example}",
        "            If these are other objects: give them ids of their own (docs/indexing.md, Rows of one object).",
    ]


def _kept_lines(tally: Tally) -> list[str]:
    if not tally.kept:
        return []
    return [
        f"kept        {tally.kept:,} values of the catalogue, such as {tally.kept_example}",
        "            Rows that were rejected only fill what is empty: correct the table itself to replace a value.",
    ]


def _hint(rejected: Rejected, *, found: int) -> list[str]:
    if found or not rejected.by_code.get("image_missing"):
        return []
    return ["            No photograph at all was found: does --images name their folder?"]
