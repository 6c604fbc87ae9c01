"""The public JSON document of a result and of a record: one form, for the database row and for HTTP."""

from __future__ import annotations

from typing import Any

from vitrine.domain import (
    ClassVerdict,
    DescriptionDraft,
    Evidence,
    Match,
    Record,
    SearchResult,
)

# A person sees no more lines than this between two pictures; the count of inliers is always whole.
_SHOWN_POINTS = 80


def result_document(result: SearchResult) -> dict[str, Any]:
    return {
        "class": _class(result.classified) if result.classified else None,
        "class_missing": result.class_missing,
        "description": _draft(result.description),
        "nothing_similar": result.nothing_similar,
        "matches": [match_document(match) for match in result.matches],
        "model_id": result.model_id,
        "snapshot": result.snapshot,
    }


def match_document(match: Match) -> dict[str, Any]:
    return {
        "record": record_document(match.record),
        "image_id": match.image_id,
        "image_url": image_url(match.image_id),
        "similarity": round(match.similarity, 4),
        "score": round(match.score, 4),
        "verdict": match.verdict.kind.value,
        "false_positive_rate": match.verdict.false_positive_rate,
        "evidence": _evidence(match.evidence) if match.evidence else None,
    }


def record_document(record: Record) -> dict[str, Any]:
    content = record.content
    return {
        "id": record.id,
        "external_id": content.external_id,
        "inventory_no": content.inventory_no,
        "kp_no": content.kp_no,
        "name": content.name,
        "description": content.description,
        "typology": content.typology,
        "authors": list(content.authors),
        "period": content.period,
        "year_from": content.year_from,
        "year_to": content.year_to,
        "materials": content.materials,
        "technique": content.technique,
        "dimensions": content.dimensions,
        "place": content.place,
        "museum": content.museum,
        "translations": {language: dict(texts) for language, texts in content.translations.items()},
        "images": [{"id": image_id, "url": image_url(image_id)} for image_id in record.image_ids],
        "withdrawn": record.withdrawn,
        "revision": record.revision,
    }


def image_url(image_id: int) -> str:
    return f"/api/images/{image_id}"


def _class(verdict: ClassVerdict) -> dict[str, Any]:
    def named(name: str, probability: float) -> dict[str, Any]:
        translations = dict(verdict.translations.get(name, {}))
        return {"name": name, "translations": translations, "probability": round(probability, 4)}

    alternatives = [named(name, probability) for name, probability in verdict.alternatives]
    return {
        **named(verdict.name, verdict.probability),
        "alternatives": alternatives,
        "version": verdict.version,
    }


def _draft(draft: DescriptionDraft) -> dict[str, Any]:
    return {
        "text": draft.text,
        "text_source": draft.text_source,
        "fields": {
            name: {
                "value": field.value,
                "support": round(field.support, 4),
                "count": field.count,
                "sources": list(field.sources),
                "items": [{"value": item.value, "sources": list(item.sources)} for item in field.items],
            }
            for name, field in draft.fields.items()
        },
        "translations": {language: _draft(translated) for language, translated in draft.translations.items()},
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    shown = evidence.points[:: max(1, -(-len(evidence.points) // _SHOWN_POINTS))]
    return {"inliers": evidence.inliers, "points": [[round(float(value), 4) for value in row] for row in shown]}
