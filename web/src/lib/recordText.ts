/** Catalogue text in the language of the page where the catalogue has it, otherwise in its own. */
import type { CatalogueRecord, DescriptionDraft, DraftText, TextField, Translations } from './api/contract';

export function textOf(record: CatalogueRecord, field: TextField, language: string): string {
  return record.translations[language]?.[field] || record[field] || '';
}

export function named(thing: { name: string; translations?: Translations<string> }, language: string): string {
  return thing.translations?.[language] || thing.name;
}

export function draftIn(draft: DescriptionDraft, language: string): DraftText {
  const translated = draft.translations?.[language];
  if (!translated) return draft;
  return {
    text: translated.text || draft.text,
    text_source: translated.text ? translated.text_source : draft.text_source,
    fields: { ...draft.fields, ...translated.fields },
  };
}

const BEFORE_CHRIST: Readonly<Record<string, string>> = { en: 'BC', ru: 'до н. э.' };

/** Years as people write them: 1893–1901, 600–550 BC, 20 BC – 14. */
export function yearsOf(record: Pick<CatalogueRecord, 'year_from' | 'year_to'>, language: string): string {
  const from = record.year_from ?? record.year_to;
  const to = record.year_to ?? record.year_from;
  if (from === null || to === null) return '';
  const era = ` ${BEFORE_CHRIST[language] ?? 'BC'}`;
  const year = (value: number): string => (value < 0 ? `${-value}${era}` : String(value));
  if (from === to) return year(from);
  if (from < 0 && to < 0) return `${-from}–${-to}${era}`;
  return from < 0 ? `${year(from)} – ${year(to)}` : `${from}–${to}`;
}

/** What a screen reader should pronounce a catalogue's words as: the script tells Russian from the rest. */
export function languageOf(text: string): 'ru' | 'en' {
  return /[\u0400-\u04ff]/.test(text) ? 'ru' : 'en';
}
