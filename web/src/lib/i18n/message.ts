export type Language = 'en' | 'ru';
export const LANGUAGES: readonly Language[] = ['en', 'ru'];

/** A sentence, or one sentence per plural category of the language, chosen by ``count``. */
export type Message = string | (Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string });

export type Values = Readonly<Record<string, string | number>>;

/** Puts values into ``{name}`` marks; numbers are written the way the language writes them. */
export function phrase(message: Message, language: Language, values: Values = {}): string {
  const sentence = typeof message === 'string' ? message : plural(message, language, values);
  return sentence.replace(/\{(\w+)\}/g, (mark, name: string) => {
    const value = values[name];
    if (value === undefined) return mark;
    return typeof value === 'number' ? new Intl.NumberFormat(language).format(value) : value;
  });
}

function plural(message: Exclude<Message, string>, language: Language, values: Values): string {
  const category = new Intl.PluralRules(language).select(Number(values['count'] ?? 0));
  return message[category] ?? message.other;
}

/** The language of the first preference that we speak. */
export function preferred(languages: readonly string[]): Language {
  for (const tag of languages) {
    const language = LANGUAGES.find((known) => tag.toLowerCase().split('-')[0] === known);
    if (language) return language;
  }
  return 'en';
}
