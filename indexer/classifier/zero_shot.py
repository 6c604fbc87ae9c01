"""A head from the names of classes alone: pictures are compared with what the text tower makes of the names."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from indexer.classifier import examples, figures, fitting
from indexer.classifier.examples import Floats, Numbers
from indexer.classifier.fitting import Fitted
from indexer.classifier.recipes import direction
from vitrine import errors
from vitrine.classifier import LinearHead
from vitrine.exam import Exam
from vitrine.ports import TextEncoder

KIND = "zero-shot"
_ENGLISH = ("a photograph of {}", "{}, an object in a museum", "{}")
_RUSSIAN = ("фотография: {}", "{}, музейный предмет", "{}")
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)

# Contrastive models are trained to about this: a hundredth more of similarity makes a class e times as likely. It is
# what stands where there are too few labelled objects to measure a temperature.
_SCALE, _TEMPERATURE = 20.0, 0.2
_FEWEST_TO_CALIBRATE = 10


@dataclasses.dataclass(frozen=True, kw_only=True)
class Naming:
    """wordings: class → what the tower reads it as, its name in each language. templates: none given, ours.

    translations: class → language → its name there, for those who read the answer.
    """

    wordings: Mapping[str, Sequence[str]]
    translations: Mapping[str, Mapping[str, str]]
    templates: Sequence[str] = ()

    def prompts(self, name: str) -> list[str]:
        return [
            template.replace("{}", wording)
            for wording in self.wordings[name]
            for template in self.templates or (_RUSSIAN if _CYRILLIC.search(wording) else _ENGLISH)
        ]


def naming(
    names: Sequence[str],
    translations: Mapping[str, Mapping[str, str]],
    *,
    templates: Sequence[str] = (),
    language: str | None = None,
) -> Naming:
    """``language``: the tower reads names in this one only. Raises RejectedInput where that cannot be."""
    classes = tuple(dict.fromkeys(name for name in (given.strip() for given in names) if name))
    if len(classes) < 2:
        raise errors.RejectedInput("Name two classes or more, or give --from-typologies.", field="name")
    known = {name: dict(translations[name]) for name in classes if translations.get(name)}
    if language is None:
        wordings = {name: list(dict.fromkeys([name, *known.get(name, {}).values()])) for name in classes}
        return Naming(wordings=wordings, translations=known, templates=templates)
    if lacking := [name for name in classes if language not in known.get(name, {})]:
        raise errors.RejectedInput(
            f"No record of the catalogue says what is called so in {language!r}: {', '.join(lacking[:10])}. Leave "
            "--language out, or put the translation into a record of that typology.",
            field="language",
        )
    wordings = {name: [known[name][language]] for name in classes}
    return Naming(wordings=wordings, translations=known, templates=templates)


def fit(
    named: Naming, texts: TextEncoder, vectors: Floats, labels: Sequence[str], record_ids: Numbers, *, seed: int = 0
) -> Fitted:
    """vectors [n, d], labels [n], record_ids [n] of what the catalogue has labelled; n may be 0.

    Nothing but the temperature is fitted on the labelled objects, so all of them examine the head.
    """
    names = tuple(named.wordings)
    weights = np.stack([direction(texts.encode(named.prompts(name)).mean(axis=0)) for name in names])
    head = LinearHead(
        classes=names,
        weights=np.asarray(_SCALE * weights, np.float32),
        bias=np.zeros(len(names), np.float32),
        temperature=_TEMPERATURE,
        translations=named.translations,
    )
    exam, measured = _examined(head, vectors, labels, record_ids, seed)
    head = dataclasses.replace(head, temperature=measured["temperature"])
    objects = {name: len({*record_ids[[label == name for label in labels]].tolist()}) for name in names}
    report = {
        "kind": KIND,
        "classes": objects,
        "dropped": {},
        "templates": list(named.templates or (*_ENGLISH, *_RUSSIAN)),
        "translations": named.translations,
        **measured,
        **figures.of(exam, names),
    }
    return Fitted(head=head, missing=None, report=report, exam=exam)


def _examined(
    head: LinearHead, vectors: Floats, labels: Sequence[str], record_ids: Numbers, seed: int
) -> tuple[Exam, dict[str, Any]]:
    """``calibrated``: whether there were enough labelled objects to measure the temperature on."""
    if not set(labels) & set(head.classes):
        dimension, classes = head.dimension, len(head.classes)
        nothing = np.zeros(0, np.int64)
        vectors, logits = np.zeros((0, dimension), np.float32), np.zeros((0, classes), np.float32)
        empty = Exam(vectors=vectors, classes=nothing, objects=nothing, logits=logits)
        return empty, {"temperature": head.temperature, "calibrated": False, "log_loss": None}
    rng = np.random.default_rng(seed)
    known = examples.labelled(vectors, labels, record_ids, head.classes, rng)
    logits = head.logits(known.vectors)
    exam = fitting.exam_of(known, logits, rng)
    if len(np.unique(known.objects)) < _FEWEST_TO_CALIBRATE:
        return exam, {"temperature": head.temperature, "calibrated": False, "log_loss": None}
    temperature, loss = figures.best_temperature(logits, known)
    return exam, {"temperature": temperature, "calibrated": True, "log_loss": round(loss, 4)}
