"""How a search is asked for, as the form of an upload says it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from vitrine import errors
from vitrine.domain import Filters, Region

FIELDS = ("region", "top_k", "filters", "model", "geometric_check")

_MOST_RESULTS = 100
_EXAMPLES = {
    "region": '{"x": 0.25, "y": 0, "width": 0.5, "height": 1}',
    "filters": '{"typology": "vase"}',
}


def read(form: Mapping[str, str], *, model_id: str, geometric_check: bool) -> dict[str, Any]:
    """region, top_k, filters and geometric_check of a search. Raises RejectedInput that names the field."""
    _check_model(form.get("model", ""), model_id)
    return {
        "region": _region(form.get("region", "")),
        "top_k": _top_k(form.get("top_k", "")),
        "filters": _filters(form.get("filters", "")),
        "geometric_check": _flag("geometric_check", form.get("geometric_check", ""), geometric_check),
    }


def _check_model(model: str, model_id: str) -> None:
    if model and model not in (model_id, model_id.split("@")[0]):
        raise errors.RejectedInput(f"The model {model[:80]!r} is not served here; {model_id} is.", field="model")


def _region(text: str) -> Region | None:
    if not text.strip():
        return None
    document = _document("region", text)
    sides = [side for name in ("x", "y", "width", "height") if isinstance(side := document.get(name), float)]
    if len(sides) < 4:
        raise _bad_region("it needs the numbers x, y, width and height")
    x, y, width, height = sides
    inside = 0 <= x < 1 and 0 <= y < 1 and width > 0 and height > 0
    # A hundredth beyond the border is a pointer's rounding, not a mistake.
    if not inside or x + width > 1.01 or y + height > 1.01:
        raise _bad_region("all four are fractions of the picture, 0 to 1, and it must lie inside")
    return Region(x=x, y=y, width=min(width, 1 - x), height=min(height, 1 - y))


def _bad_region(reason: str) -> errors.RejectedInput:
    return errors.RejectedInput(f"The region is wrong: {reason}.", code="bad_region", field="region")


def _top_k(text: str) -> int:
    if not text.strip():
        return 10
    # Three digits are enough: Python refuses to read thousands of them.
    if not re.fullmatch(r"\d{1,3}", text.strip(), re.ASCII) or not 1 <= int(text) <= _MOST_RESULTS:
        raise errors.RejectedInput(f"top_k must be a whole number from 1 to {_MOST_RESULTS}.", field="top_k")
    return int(text)


def _filters(text: str) -> Filters:
    if not text.strip():
        return Filters()
    document = _document("filters", text)
    if unknown := set(document) - {"typology", "museum"}:
        raise errors.RejectedInput(
            f"Unknown filter: {', '.join(sorted(unknown))}. Known: typology, museum.", field="filters"
        )
    if not all(isinstance(value, str) for value in document.values()):
        raise errors.RejectedInput("A filter's value must be a text.", field="filters")
    return Filters(typology=document.get("typology") or None, museum=document.get("museum") or None)


def _flag(field: str, text: str, default: bool) -> bool:
    known = {"": default, "true": True, "1": True, "false": False, "0": False}
    if text.strip().lower() not in known:
        raise errors.RejectedInput(f"{field} must be true or false.", field=field)
    return known[text.strip().lower()]


def _document(field: str, text: str) -> dict[str, Any]:
    try:
        # Python refuses to read thousands of digits as a whole number; as a fraction it reads any.
        document = json.loads(text, parse_int=float)
        # JSON can escape half a character, which no database stores and no answer can tell.
        json.dumps(document, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _not_json(field, f"{error.msg} at character {error.pos + 1}") from error
    except UnicodeEncodeError as error:
        raise _not_json(field, "it holds half of a character") from error
    except RecursionError as error:
        raise _not_json(field, "it is nested too deeply") from error
    if not isinstance(document, dict):
        raise _not_json(field, "it is no object")
    return document


def _not_json(field: str, reason: str) -> errors.RejectedInput:
    return errors.RejectedInput(
        f"{field} is not a JSON object that can be read: {reason}. Send one such as {_EXAMPLES[field]}.", field=field
    )
