import { describe, expect, it } from 'vitest';
import { en } from './en';
import { phrase, preferred, type Message } from './message';
import { ru } from './ru';

const marks = (message: Message): string[] => {
  const sentences = typeof message === 'string' ? [message] : Object.values(message);
  return [...new Set(sentences.flatMap((sentence) => sentence.match(/\{\w+\}/g) ?? []))].sort();
};

describe('the two dictionaries', () => {
  it('have the same keys', () => {
    expect(Object.keys(ru).sort()).toEqual(Object.keys(en).sort());
  });

  it.each(Object.keys(en) as (keyof typeof en)[])('have the same marks in %s', (key) => {
    expect(marks(ru[key])).toEqual(marks(en[key]));
  });

  it('leave nothing empty', () => {
    for (const message of [...Object.values(en), ...Object.values(ru)] as Message[]) {
      const sentences = typeof message === 'string' ? [message] : Object.values(message);
      expect(sentences.every((sentence) => sentence.trim())).toBe(true);
    }
  });

  it('give every Russian plural its three forms', () => {
    for (const message of Object.values(ru)) {
      if (typeof message !== 'string') expect(Object.keys(message)).toEqual(['one', 'few', 'many', 'other']);
    }
  });
});

describe('a phrase', () => {
  it.each([
    [1, '1 запись'],
    [3, '3 записи'],
    [5, '5 записей'],
    [11, '11 записей'],
    [21, '21 запись'],
    [1204, '1\u00a0204 записи'],
  ])('counts %i in Russian', (count, expected) => {
    expect(phrase(ru['count.records'], 'ru', { count })).toBe(expected);
  });

  it.each([
    [16, 'примерно одна из 16 фотографий других предметов'],
    [21, 'примерно одна из 21 фотографии других предметов'],
  ])('takes one out of %i in Russian', (count, expected) => {
    expect(phrase(ru['verdict.rate.one_in'], 'ru', { count })).toContain(expected);
  });

  it.each([
    [1, 'Не принята 1 фотография'],
    [2, 'Не приняты 2 фотографии'],
    [21, 'Не принята 21 фотография'],
  ])('says of %i photographs in Russian that they were refused', (count, expected) => {
    expect(phrase(ru['upload.refused'], 'ru', { count })).toBe(expected);
  });

  it('counts in English', () => {
    expect(phrase(en['count.records'], 'en', { count: 1 })).toBe('1 record');
    expect(phrase(en['count.records'], 'en', { count: 1204 })).toBe('1,204 records');
  });

  it('keeps a mark that has no value, so that the mistake is seen', () => {
    expect(phrase('place {place}', 'en')).toBe('place {place}');
  });
});

describe('the language of a first visit', () => {
  it.each([
    [['ru-RU', 'en'], 'ru'],
    [['de', 'ru'], 'ru'],
    [['en-GB'], 'en'],
    [['de', 'fr'], 'en'],
    [[], 'en'],
  ])('for %j is %s', (languages, expected) => {
    expect(preferred(languages)).toBe(expected);
  });
});
