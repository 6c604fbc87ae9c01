"""Versions of the classifier: a new one is kept, compared with the active one, and activated where it is as good."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from indexer.classifier import adding, gate
from indexer.classifier.examples import Floats
from indexer.classifier.fitting import Fitted
from vitrine import errors
from vitrine.classifier import Head
from vitrine.exam import Exam
from vitrine.ports import HeadStore, Leases, StoredHead

_log = logging.getLogger(__name__)
_LEASE = "classifier"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Versions:
    """The line of versions of one model."""

    heads: HeadStore
    leases: Leases
    model_id: str

    def add_fitted(self, fitted: Fitted, *, origin: str, snapshot: str | None, watermark: int) -> int:
        """The new version, in which classes that were added by hand go on, unless the catalogue now has them itself.

        Raises RejectedInput where there is no head.
        """
        if fitted.head is None or fitted.exam is None:
            raise errors.RejectedInput(
                "There is nothing to tell apart: a class needs 3 objects of its typology, and two classes need 5 each.",
                code=str(fitted.missing),
            )
        with self.leases.hold(_LEASE):
            active = self._comparable()
            draft = _Draft(head=fitted.head, exam=fitted.exam, report=fitted.report, added={})
            for name, pictures in _added_by_hand(active).items() if active else ():
                if name in draft.head.classes:
                    continue
                if not len(fitted.exam.objects):
                    _log.warning(
                        "%s was added by hand, and cannot go on where no object is labelled. Name it too.", name
                    )
                    continue
                draft = draft.with_class(name, pictures, active.head.translations.get(name, {}) if active else {})
            return self._add(draft, origin=origin, parent=None, snapshot=snapshot, watermark=watermark)

    def add_class(self, name: str, pictures: Floats, translations: Mapping[str, str], *, activate: bool = False) -> int:
        """pictures: float32 [n, d] of unit length. The new version extends the active one. Raises RejectedInput.

        ``activate``: at once, before anybody else makes another one out of the same.
        """
        with self.leases.hold(_LEASE):
            active = self._active()
            if active is None:
                raise errors.RejectedInput(
                    "No version of the classifier is active that could be extended. Run: python -m indexer build; it "
                    "makes one where 5 objects have one typology and 5 another.",
                    code="no_classifier",
                )
            manifest = active.manifest
            draft = _Draft(head=active.head, exam=active.exam, report=manifest["report"], added=manifest["added"])
            version = self._add(
                draft.with_class(name, pictures, translations),
                origin="add-class",
                parent=active.version,
                snapshot=manifest["snapshot"],
                watermark=manifest["watermark"],
            )
            if activate:
                self._activate(version)
            return version

    def activate(self, version: int, *, forced_because: str = "") -> list[str]:
        """Returns the classes that are no longer known.

        Raises NotFound, or RejectedInput with the figures where it is worse and no reason is given.
        """
        with self.leases.hold(_LEASE):
            return self._activate(version, forced_because)

    def offer(self, version: int) -> str:
        """Activate it if it passes the gate; returns what became of it, as a sentence."""
        try:
            gone = self.activate(version)
        except errors.RejectedInput as error:
            _log.warning("%s", error.message)
            return f"version {version} is kept and not activated. {error.message}"
        return f"version {version} is active{unknown(gone)}"

    def roll_back(self, reason: str) -> int:
        """Raises NotFound, or DamagedSnapshot where the one before cannot be served either."""
        with self.leases.hold(_LEASE):
            return self.heads.roll_back(self.model_id, reason=reason)

    def _activate(self, version: int, forced_because: str = "") -> list[str]:
        candidate, active = self.heads.open(self.model_id, version), self._comparable()
        if not forced_because:
            gate.check(candidate, active)
        how = "force" if forced_because else "gate"
        self.heads.activate(self.model_id, version, how=how, reason=forced_because)
        return gate.lost(candidate, active)

    def _active(self) -> StoredHead | None:
        """Raises DamagedSnapshot, or NotFound where somebody removed it."""
        manifest = self.heads.active(self.model_id)
        return self.heads.open(self.model_id, manifest["version"]) if manifest else None

    def _comparable(self) -> StoredHead | None:
        """The active version; none where it is damaged, so that it keeps no other one from its place."""
        try:
            return self._active()
        except (errors.DamagedSnapshot, errors.NotFound) as error:
            _log.warning(
                "%s Nothing is compared with the active version, and classes added to it by hand do not go on.",
                error.message,
            )
            return None

    def _add(self, draft: _Draft, **notes: Any) -> int:
        return self.heads.add(
            self.model_id, draft.head, draft.exam, {**notes, "added": draft.added, "report": draft.report}
        )


def unknown(gone: Sequence[str]) -> str:
    """The end of a sentence that says which version is active."""
    return f"; no longer known: {', '.join(gone)}" if gone else ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Draft:
    head: Head
    exam: Exam
    report: Mapping[str, Any]
    added: Mapping[str, int]

    def with_class(self, name: str, pictures: Floats, translations: Mapping[str, str]) -> _Draft:
        extended = adding.add_class(self.head, self.exam, name, pictures)
        head = extended.head
        if translations:
            head = dataclasses.replace(head, translations={**head.translations, name: dict(translations)})
        classes = {**self.report["classes"], name: len(pictures)}
        return _Draft(
            head=head,
            exam=extended.exam,
            report={**self.report, **extended.report, "classes": classes, "kept": extended.kept},
            added={**self.added, name: len(pictures)},
        )


def _added_by_hand(stored: StoredHead) -> dict[str, Floats]:
    """Class → the embeddings of its pictures; they are in the exam."""
    exam, classes = stored.exam, stored.head.classes
    return {
        name: exam.vectors[(exam.classes == classes.index(name)) & (exam.objects < 0)]
        for name in stored.manifest["added"]
    }
