"""A draft of the new record from the nearest ones: every value is some record's own, with the records it came from.

Nothing is generated and nothing guessed: a field without enough support is left out, because an empty field is filled
in and a wrong one is overlooked. Inventory numbers belong to one object and are never proposed.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence

from vitrine.domain import (
    TEXT_FIELDS,
    DescriptionDraft,
    DraftField,
    DraftItem,
    Match,
    Record,
    RecordContent,
    VerdictKind,
)

_SINGLE = ("name", "typology", "place", "museum")
_MULTIPLE = ("materials", "technique", "authors")
# What one object has and others of its kind need not have. Where the object itself was found and its record leaves one
# of these empty, similar ones are no reason to fill it in: a shard gets no author from the engravings after it.
_INDIVIDUAL = ("name", "authors", "period", "place", "museum")

# A record of the same object knows; similar ones only suggest, and distant ones have no say.
_SAY = {
    VerdictKind.SAME_PHOTOGRAPH: 20.0,
    VerdictKind.SAME_OBJECT: 10.0,
    VerdictKind.SIMILAR: 1.0,
}
# A record this much worse in score than the best has a 1/e of its say: about the spread of the first ten.
_SCORE_SCALE = 0.15
# All similar records together have at most this share of the say of one of the same object, so that no number of them
# outvotes it: a drawer of coins that look alike must not rename the coin itself.
_CROWD = 0.5
# A value is proposed where more of the weight holds it than holds anything else together ...
_ENOUGH = 0.5
# ... and where two records say it, unless one of them is the same object: one similar neighbour is an anecdote.
_FEWEST = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Voice:
    """A record with its say; voices are kept loudest first."""

    record: Record
    weight: float
    identified: bool

    @property
    def content(self) -> RecordContent:
        return self.record.content


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Statement:
    """What one voice says in a field: keys to compare by → wording."""

    voice: _Voice
    items: Mapping[str, str]


def draft(matches: Sequence[Match]) -> DescriptionDraft:
    """Matches in any order, each record once; an empty draft where none is more than distant."""
    voices = _voices(matches)
    fields = {name: field for name in _drafted() if (field := _field(name, voices)) is not None}
    speaker = _speaker(voices, fields)
    return DescriptionDraft(
        text=speaker.content.description if speaker else "",
        text_source=speaker.record.id if speaker else None,
        fields=fields,
        translations=_translations(voices, fields, speaker),
    )


# The same wordings come with every search: folding Unicode anew cost a millisecond of each.
_kept = functools.lru_cache(maxsize=20_000)


@_kept
def same_value(text: str) -> str:
    """What two wordings of one value have in common: case, spaces, ё and full stops at the end do not count."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return " ".join(folded.split()).rstrip(" .,;:")


def _drafted() -> tuple[str, ...]:
    """Fields in the order of a catalogue card."""
    return ("name", "typology", "authors", "period", "materials", "technique", "dimensions", "place", "museum")


def _voices(matches: Sequence[Match]) -> list[_Voice]:
    best = max((match.score for match in matches), default=0.0)
    voices = [
        _Voice(
            record=match.record,
            weight=_SAY[match.verdict.kind] * math.exp((match.score - best) / _SCORE_SCALE),
            identified=match.verdict.kind in (VerdictKind.SAME_PHOTOGRAPH, VerdictKind.SAME_OBJECT),
        )
        for match in matches
        if match.verdict.kind in _SAY
    ]
    return sorted(_hushed(voices), key=lambda voice: -voice.weight)


def _hushed(voices: Sequence[_Voice]) -> list[_Voice]:
    """Similar ones lowered alike, so that any one of the same object, the quietest too, is louder than them all."""
    limit = _CROWD * min((voice.weight for voice in voices if voice.identified), default=math.inf)
    crowd = sum(voice.weight for voice in voices if not voice.identified)
    if crowd <= limit:
        return list(voices)
    lowered = limit / crowd
    return [
        voice if voice.identified else dataclasses.replace(voice, weight=voice.weight * lowered) for voice in voices
    ]


def _field(name: str, voices: Sequence[_Voice]) -> DraftField | None:
    if name in _INDIVIDUAL and _left_empty(voices, name):
        return None
    stated = _stated(name, voices)
    if name == "dimensions":
        return _dimensions(stated)
    if name == "period":
        return _single(stated) or _covering_period(stated)
    return _multiple(name, stated) if name in _MULTIPLE else _single(stated)


def _left_empty(voices: Sequence[_Voice], name: str) -> bool:
    found = [voice.content for voice in voices if voice.identified]
    return bool(found) and not any("".join(getattr(content, name)).strip() for content in found)


def _stated(name: str, voices: Sequence[_Voice]) -> list[_Statement]:
    return [_Statement(voice=voice, items=said) for voice in voices if (said := _items(name, voice.content))]


@_kept
def _whole(text: str) -> Mapping[str, str]:
    key = same_value(text)
    return {key: " ".join(text.split())} if key else {}


def _period_items(content: RecordContent) -> Mapping[str, str]:
    """«XIX в.» and «19 век» are one value where both mean 1801 to 1900."""
    whole = _whole(content.period)
    if not whole or content.year_from is None or content.year_to is None:
        return whole
    return {f"{content.year_from}..{content.year_to}": next(iter(whole.values()))}


def _items(name: str, content: RecordContent) -> Mapping[str, str]:
    if name == "authors":
        return {key: wording for author in content.authors for key, wording in _whole(author).items()}
    if name == "period":
        return _period_items(content)
    return dict(_split(getattr(content, name))) if name in _MULTIPLE else _whole(getattr(content, name))


@_kept
def _split(text: str) -> tuple[tuple[str, str], ...]:
    """Key and wording of each item between commas, semicolons and slashes, in the order of the text; but «фарфор
    (бисквит, роспись)» is one item.
    """
    parts = re.split(r"[,;/\n](?![^()]*\))", text)
    return tuple(item for part in parts for item in _whole(part.strip(" .")).items())


def _single(statements: Sequence[_Statement]) -> DraftField | None:
    total = sum(statement.voice.weight for statement in statements)
    groups: dict[str, list[_Statement]] = {}
    for statement in statements:
        groups.setdefault(next(iter(statement.items)), []).append(statement)
    if not groups:
        return None
    # On a tie the group of the loudest voice wins: statements come loudest first.
    key, held = max(groups.items(), key=lambda group: sum(statement.voice.weight for statement in group[1]))
    return _proposed(held[0].items[key], held, sum(statement.voice.weight for statement in held) / total)


def _multiple(name: str, statements: Sequence[_Statement]) -> DraftField | None:
    """Each item is voted on; the support is the share of the winning items that the average weight holds."""
    total = sum(statement.voice.weight for statement in statements)
    kept: dict[str, DraftItem] = {}
    for statement in statements:
        for key, wording in statement.items.items():
            backing = [other for other in statements if key in other.items]
            if key not in kept and _enough(backing, sum(other.voice.weight for other in backing) / total):
                kept[key] = DraftItem(value=wording, sources=_ids(backing))
    if not kept:
        return None
    held = [statement for statement in statements if kept.keys() & statement.items.keys()]
    support = sum(other.voice.weight * len(kept.keys() & other.items.keys()) for other in held) / (total * len(kept))
    value = ("; " if name == "authors" else ", ").join(item.value for item in kept.values())
    return dataclasses.replace(_made(value, held, support), items=tuple(kept.values()))


def _covering_period(statements: Sequence[_Statement]) -> DraftField | None:
    """Where no period is said often enough, the narrowest that most of the dated weight lies within: «XIX век» covers
    «1850-е» and «середина XIX века».
    """
    dated = [
        (statement, content.year_from, content.year_to)
        for statement in statements
        if (content := statement.voice.content).year_from is not None and content.year_to is not None
    ]
    total = sum(statement.voice.weight for statement, _, _ in dated)
    for statement, first, last in sorted(dated, key=lambda one: (one[2] - one[1], -one[0].voice.weight)):
        within = [other for other, year_from, year_to in dated if first <= year_from and year_to <= last]
        support = sum(other.voice.weight for other in within) / total
        if _enough(within, support):
            return _made(next(iter(statement.items.values())), within, support)
    return None


def _dimensions(known: Sequence[_Statement]) -> DraftField | None:
    """Of the same object, or none: another vase's height would be wrong here, and a range is no measurement."""
    held = [statement for statement in known if statement.voice.identified]
    if not held:
        return None
    key, wording = next(iter(held[0].items.items()))
    agreeing = [statement for statement in held if key in statement.items]
    total = sum(statement.voice.weight for statement in known)
    return _made(wording, agreeing, sum(statement.voice.weight for statement in agreeing) / total)


def _proposed(value: str, held: Sequence[_Statement], support: float) -> DraftField | None:
    return _made(value, held, support) if _enough(held, support) else None


def _enough(held: Sequence[_Statement], support: float) -> bool:
    spoken = len(held) >= _FEWEST or any(statement.voice.identified for statement in held)
    return spoken and support >= _ENOUGH


def _made(value: str, held: Sequence[_Statement], support: float) -> DraftField:
    sources = _ids(held)
    return DraftField(value=value, support=min(support, 1.0), count=len(sources), sources=sources)


def _ids(statements: Sequence[_Statement]) -> tuple[int, ...]:
    return tuple(statement.voice.record.id for statement in statements)


def _speaker(voices: Sequence[_Voice], fields: Mapping[str, DraftField]) -> _Voice | None:
    """The record whose description is taken: the one that holds most of what is agreed on, by its own weight; of the
    same object, where such a record has one.
    """
    if _left_empty(voices, "description"):
        return None
    described = [voice for voice in voices if voice.content.description.strip()]

    def agreement(voice: _Voice) -> tuple[bool, float]:
        agreed = sum(field.support for field in fields.values() if voice.record.id in field.sources)
        return voice.identified, voice.weight * (1 + agreed)

    return max(described, key=agreement, default=None)


def _translations(
    voices: Sequence[_Voice], fields: Mapping[str, DraftField], speaker: _Voice | None
) -> dict[str, DescriptionDraft]:
    languages = sorted({language for voice in voices for language in voice.content.translations})
    drafts = {language: _translated(language, voices, fields, speaker) for language in languages}
    return {language: made for language, made in drafts.items() if made.fields or made.text}


def _translated(
    language: str, voices: Sequence[_Voice], fields: Mapping[str, DraftField], speaker: _Voice | None
) -> DescriptionDraft:
    """The same values in another language, in the words of the records they came from; nothing is translated here, and
    what none of these records words is left out.
    """
    translated: dict[str, DraftField] = {}
    for name, field in fields.items():
        if name not in TEXT_FIELDS:
            continue
        sources = [voice for voice in voices if voice.record.id in field.sources]
        made = _in_language(name, language, sources, field)
        if made is not None:
            translated[name] = made
    text = _said(speaker, language, "description") if speaker else ""
    return DescriptionDraft(text=text, text_source=speaker.record.id if speaker and text else None, fields=translated)


def _in_language(name: str, language: str, sources: Sequence[_Voice], field: DraftField) -> DraftField | None:
    whole = _whole_in_language(name, language, sources, field)
    return _items_in_language(name, language, sources, field) if whole is None and name in _MULTIPLE else whole


def _whole_in_language(name: str, language: str, sources: Sequence[_Voice], field: DraftField) -> DraftField | None:
    """In the words of a record that says the drafted value itself: «1850-е» is a source of «XIX век», but "1850s" is no
    translation of it. Of a list it is one that says all of it and no more; "sawn and polished" may be two items.
    """
    drafted = {same_value(item.value) for item in field.items} or {same_value(field.value)}

    def worded(statement: _Statement) -> bool:
        return {same_value(wording) for wording in statement.items.values()} == drafted

    stated = _stated(name, sources)
    # More than one key where records date the same words differently: then only those words count.
    keys = {key for statement in stated if worded(statement) for key in statement.items}
    spoken = [
        (statement, text)
        for statement in stated
        if (worded(statement) or statement.items.keys() == keys)
        and (text := _said(statement.voice, language, name))
        # A list that grew in translation holds something that nobody voted for.
        and not (field.items and len(_split(text)) > len(drafted))
    ]
    if not spoken:
        return None
    # The translation of the very wording that is drafted goes before that of another one for the same years.
    _, value = min(spoken, key=lambda one: not worded(one[0]))
    made = _made(value, [statement for statement, _ in spoken], field.support)
    words = dict(_split(value)).values() if field.items else ()
    return dataclasses.replace(made, items=tuple(DraftItem(value=word, sources=made.sources) for word in words))


def _items_in_language(name: str, language: str, sources: Sequence[_Voice], field: DraftField) -> DraftField | None:
    """The items that were voted for, each in the words of the loudest record that translates it; no second vote, in
    which only those would count that have a translation.
    """
    told = [(voice, _paired(getattr(voice.content, name), _said(voice, language, name))) for voice in sources]
    # Of two the later stays, so the loudest comes last.
    loudest = {key: wording for _, pairs in reversed(told) for key, wording in pairs.items()}
    kept = {key: loudest[key] for item in field.items if (key := same_value(item.value)) in loudest}
    if not kept:
        return None
    statements = [
        _Statement(voice=voice, items={same_value(kept[key]): kept[key] for key in kept.keys() & pairs.keys()})
        for voice, pairs in told
    ]
    # Two items may have one word in the other language, which is then one item.
    words = {same_value(wording): wording for wording in kept.values()}
    items = tuple(
        DraftItem(value=wording, sources=_ids([statement for statement in statements if key in statement.items]))
        for key, wording in words.items()
    )
    held = [statement for statement in statements if statement.items]
    return dataclasses.replace(_made(", ".join(words.values()), held, field.support), items=items)


def _paired(text: str, translation: str) -> Mapping[str, str]:
    """Key of an item → its translation, by the places in both lists; empty where these are not equally long, because
    nothing else says which item is meant.
    """
    items, translated = _split(text), _split(translation)
    if len(items) != len(translated):
        return {}
    return {key: wording for (key, _), (_, wording) in zip(items, translated, strict=True)}


def _said(voice: _Voice, language: str, name: str) -> str:
    return voice.content.translations.get(language, {}).get(name, "").strip()
