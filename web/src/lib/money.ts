/** Minor units (fen, cents) and an ISO 4217 code as the locale writes them; in Chinese dollars say whose they are. */
export function money(minor: number, currency: string, locale: string): string {
  try {
    const currencyDisplay = /^zh\b/.test(locale) ? 'symbol' : 'narrowSymbol';
    const plain = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay });
    const digits = plain.resolvedOptions().maximumFractionDigits ?? 2;
    return plain.format(minor / 10 ** digits);
  } catch {
    return `${(minor / 100).toFixed(2)} ${currency}`;
  }
}
