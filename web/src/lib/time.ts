/** Moments are seconds since the epoch; everything is shown in the reader's time zone and locale. */

/** `2:05 PM`, `09:05`: two digits where the locale counts 24 hours. */
function hourly(locale: string): Intl.DateTimeFormatOptions {
  const twelve = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions().hour12;
  return { hour: twelve ? 'numeric' : '2-digit', minute: '2-digit' };
}

export function clock(at: number, locale: string): string {
  return format(at, locale, hourly(locale));
}

/** `Today`, `Yesterday`, a weekday within the week, else a date. */
export function day(at: number, now: number, locale: string): string {
  const days = dayNumber(now) - dayNumber(at);
  if (days === 0 || days === 1) {
    const word = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-days, 'day');
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
  }
  if (days > 1 && days < 7) return format(at, locale, { weekday: 'long' });
  const thisYear = new Date(at * 1000).getFullYear() === new Date(now * 1000).getFullYear();
  return format(at, locale, { month: 'long', day: 'numeric', ...(thisYear ? {} : { year: 'numeric' }) });
}

export function sameDay(one: number, other: number): boolean {
  return dayNumber(one) === dayNumber(other);
}

/** A date, and with `time` the hour too. Accepts seconds, or an ISO date or month as account services write them. */
export function date(value: unknown, locale: string, { time = false } = {}): string {
  if (typeof value === 'number') {
    return format(value, locale, { month: 'short', day: 'numeric', ...(time ? hourly(locale) : {}) });
  }
  const parts = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(String(value ?? ''));
  if (!parts) return String(value ?? '');
  const [, year, month, dayOfMonth] = parts;
  const local = new Date(Number(year), Number(month) - 1, Number(dayOfMonth ?? 1)).getTime() / 1000;
  return format(local, locale, dayOfMonth ? { month: 'short', day: 'numeric' } : { month: 'long', year: 'numeric' });
}

/** A span of seconds, short: `45 s`, `3 min`, `1 h 05`. */
export function span(seconds: number, language: 'en' | 'zh'): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [s, min, h] = language === 'zh' ? ['秒', '分', '小时'] : [' s', ' min', ' h'];
  if (whole < 60) return `${whole}${s}`;
  if (whole < 3600) return `${Math.floor(whole / 60)}${min} ${String(whole % 60).padStart(2, '0')}${s}`;
  return `${Math.floor(whole / 3600)}${h} ${String(Math.floor(whole / 60) % 60).padStart(2, '0')}${min}`;
}

/** Days of a month are written as the assistant writes them, `Nov 23`, wherever English is read; hours as the reader does. */
function format(at: number, locale: string, { hour, minute, ...days }: Intl.DateTimeFormatOptions): string {
  const one = (where: string, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(where, options).format(at * 1000);
  const parts = [
    ...(Object.keys(days).length ? [one(/^en\b/.test(locale) ? 'en-US' : locale, days)] : []),
    ...(hour && minute ? [one(locale, { hour, minute })] : []),
  ];
  return parts.join(/^zh\b/.test(locale) ? ' ' : ', ');
}

function dayNumber(at: number): number {
  const moment = new Date(at * 1000);
  return Math.floor(Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate()) / 86_400_000);
}
