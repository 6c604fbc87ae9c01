"""What an operator is told of the index: lines for `build`, `status` and `verify`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indexer.classifier import figures
from vitrine.ports import CatalogueCounts

_CLASS_MISSING = {
    "too_few_labels": "none: it takes 5 objects of one typology and 5 of another",
    "no_classifier": "none",
}


def status_lines(
    model_id: str, counts: CatalogueCounts, manifest: Mapping[str, Any] | None, active: Mapping[str, Any] | None
) -> list[str]:
    """``manifest``: of the snapshot that is served; ``active``: of the active version of the classifier."""
    withdrawn = f", {counts.withdrawn:,} withdrawn" if counts.withdrawn else ""
    lines = [
        f"model       {model_id}",
        f"records     {counts.records:,}{withdrawn}",
        f"images      {counts.images:,}, {counts.embeddings:,} embedded",
    ]
    if counts.embeddings < counts.images:
        lines.append("            the others wait for this model: run python -m indexer embed")
    if manifest is None:
        return [*lines, f"snapshot    none: {_next_step(counts)}"]
    lines += snapshot_lines(manifest)
    if active is not None:
        report = active["report"]
        lines.append(
            f"active      version {active['version']}: {len(report['classes'])} classes, "
            f"balanced {figures.told(report['balanced_accuracy'])}"
        )
    return lines


def _next_step(counts: CatalogueCounts) -> str:
    if counts.embeddings:
        return "run python -m indexer build"
    return "run python -m indexer embed" if counts.images else "run python -m indexer add SOURCE"


def snapshot_lines(manifest: Mapping[str, Any]) -> list[str]:
    index = manifest["index"]
    return [
        f"snapshot    {manifest['name']}, {manifest['count']:,} images",
        f"index       {index['kind']}, recall@10 {index['recall_at_10']:.3f} of exact search",
        f"classifier  {_classifier(manifest)}",
    ]


def _classifier(manifest: Mapping[str, Any]) -> str:
    if (missing := manifest["class_missing"]) is not None:
        return _CLASS_MISSING.get(missing, str(missing))
    report = manifest["classifier"]
    accuracy, balanced, macro_f1 = (
        figures.told(report.get(name)) for name in ("accuracy", "balanced_accuracy", "macro_f1")
    )
    return f"accuracy {accuracy}, balanced {balanced}, macro F1 {macro_f1} on objects that it was not fitted on"
