"""What an operator is told of the index: lines for `build`, `status` and `verify`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indexer.classifier import figures
from vitrine.ports import CatalogueCounts

_CLASS_MISSING = {
    "too_few_labels": "none: too few records have a typology",
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
    return (
        f"accuracy {report['accuracy']:.3f}, balanced {report['balanced_accuracy']:.3f}, "
        f"macro F1 {report['macro_f1']:.3f} on objects that it was not fitted on"
    )
