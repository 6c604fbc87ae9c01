import { describe, expect, it } from 'vitest';
import type { CatalogueRecord, DescriptionDraft } from './api/contract';
import { draftAsText } from './draft';
import { draftIn, languageOf, textOf, yearsOf } from './recordText';

const record = {
  name: 'Чаша',
  materials: 'глина',
  translations: { en: { name: 'Bowl' } },
} as unknown as CatalogueRecord;

describe('a record', () => {
  it('is shown in the language of the page where the catalogue has it, otherwise in its own', () => {
    expect(textOf(record, 'name', 'en')).toBe('Bowl');
    expect(textOf(record, 'name', 'ru')).toBe('Чаша');
    expect(textOf(record, 'materials', 'en')).toBe('глина');
  });

  it.each([
    [null, null, ''],
    [1893, 1893, '1893'],
    [1893, null, '1893'],
    [1893, 1901, '1893–1901'],
    [-600, -550, '600–550 BC'],
    [-20, 14, '20 BC – 14'],
  ])('from %s to %s is dated %j', (year_from, year_to, expected) => {
    expect(yearsOf({ year_from, year_to }, 'en')).toBe(expected);
  });

  it('is pronounced by its script', () => {
    expect(languageOf('Чаша')).toBe('ru');
    expect(languageOf('Bowl')).toBe('en');
  });
});

describe('a draft', () => {
  const field = (value: string) => ({ value, support: 1, count: 1, sources: [1] });
  const draft: DescriptionDraft = {
    text: 'Чаша на ножке.',
    text_source: 1,
    fields: { name: field('Чаша'), period: field('XII в.') },
    translations: { en: { text: '', text_source: null, fields: { name: field('Bowl') } } },
  };

  it('falls back to the original field by field', () => {
    const english = draftIn(draft, 'en');
    expect(english.fields.name?.value).toBe('Bowl');
    expect(english.fields.period?.value).toBe('XII в.');
    expect(english).toMatchObject({ text: 'Чаша на ножке.', text_source: 1 });
  });

  it('is copied one field a line, in the order of the catalogue card', () => {
    expect(draftAsText(draft, (name) => name)).toBe('name: Чаша\nperiod: XII в.\ndescription: Чаша на ножке.');
  });
});
