/** The languages these pages speak. */
export type Language = 'en' | 'zh';

/** The language of the interface for a locale such as `zh-CN`, `zh-Hant-HK` or `en-GB`. */
export function languageOf(locale: string): Language {
  return /^zh\b/i.test(locale) ? 'zh' : 'en';
}

/** A locale the browser's formatters accept: what was asked for, else English. */
export function usable(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? 'en';
  } catch {
    return 'en';
  }
}

/** A bare language becomes the region the reader's browser says, so that `en` in London shows 24 hours. */
export function regional(locale: string, preferred: readonly string[]): string {
  const wanted = usable(locale);
  return wanted.includes('-') ? wanted : (preferred.find((each) => each.startsWith(`${wanted}-`)) ?? wanted);
}

/** How this reader's browser writes times and dates in a language. */
export function readers(language: Language): string {
  return regional(language, navigator.languages);
}

/** The locale whose dates and times are those that the bot writes in a language. */
export function formOf(language: Language): string {
  return language === 'zh' ? 'zh-CN' : 'en-US';
}

/** Fills `{name}` places. */
export function fill(template: string, values: Record<string, string | number>): string {
  return template.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** The language a text is written in, for screen readers and the choice of glyphs; undefined where it does not show. */
export function textLanguage(text: string): 'zh-CN' | 'en' | undefined {
  if (/\p{Script=Han}/u.test(text)) return 'zh-CN';
  return /[a-z]{2}/i.test(text) ? 'en' : undefined;
}
