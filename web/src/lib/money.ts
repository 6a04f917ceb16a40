/** Minor units (fen, cents) and an ISO 4217 code as the locale writes them. */
export function money(minor: number, currency: string, locale: string): string {
  try {
    const plain = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
    const digits = plain.resolvedOptions().maximumFractionDigits ?? 2;
    return plain.format(minor / 10 ** digits);
  } catch {
    return `${(minor / 100).toFixed(2)} ${currency}`;
  }
}
