import { keep, kept } from '../storage';
import type { Key } from './en';
import { LANGUAGES, phrase, preferred, type Language, type Message, type Values } from './message';

export type { Key, Language };
export { LANGUAGES };

type Dictionary = Readonly<Record<Key, Message>>;

// Only the language that is read is fetched.
const DICTIONARIES: Readonly<Record<Language, () => Promise<Dictionary>>> = {
  en: async () => (await import('./en')).en,
  ru: async () => (await import('./ru')).ru,
};
const KEPT_AS = 'language';

function first(): Language {
  const chosen = kept(KEPT_AS);
  return LANGUAGES.find((language) => language === chosen) ?? preferred(navigator.languages);
}

class Speech {
  language = $state<Language>('en');
  dictionary = $state.raw<Dictionary>();

  /** To be awaited before the first word is shown. */
  async start(): Promise<void> {
    await this.#speak(first());
  }

  async use(language: Language): Promise<void> {
    keep(KEPT_AS, language);
    await this.#speak(language);
  }

  async #speak(language: Language): Promise<void> {
    const dictionary = await DICTIONARIES[language]();
    this.dictionary = dictionary;
    this.language = language;
    document.documentElement.lang = language;
  }
}

export const speech = new Speech();

export function t(key: Key, values?: Values): string {
  return phrase(speech.dictionary?.[key] ?? key, speech.language, values);
}

/** The translation of a key that is put together at run time, or null where there is none. */
export function tMaybe(key: string, values?: Values): string | null {
  return speech.dictionary && key in speech.dictionary ? t(key as Key, values) : null;
}

export function number(value: number, options?: Intl.NumberFormatOptions): string {
  return new Intl.NumberFormat(speech.language, options).format(value);
}

export function percent(share: number): string {
  return number(share, { style: 'percent', maximumFractionDigits: share > 0 && share < 0.01 ? 1 : 0 });
}

export function moment(iso: string): string {
  return new Intl.DateTimeFormat(speech.language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}

export function size(bytes: number): string {
  const options = { style: 'unit', unit: 'megabyte', maximumFractionDigits: 0 } as const;
  return number(bytes / 2 ** 20, options);
}
