/** What a line of text is made of. Text is never read as HTML; only these few forms mean something. */
export type Piece = { kind: 'text'; text: string } | { kind: 'strong'; text: string } | { kind: 'link'; text: string; href: string };

const STRONG = /(?<!\*)\*\*(?=[^\s*])([^*\n]*[^\s*])\*\*(?!\*)/;
const TITLED = /\[([^\]\n]{1,200})\]\((https?:\/\/[^\s)]+|\/[a-z][^\s)]*)\)/;
const BARE = /(https?:\/\/[^\s<>"'[\]，。；！？、）】》」]+)/;
const OURS = new RegExp(`${STRONG.source}|${TITLED.source}|${BARE.source}`, 'gi');
const THEIRS = new RegExp(BARE.source, 'gi');
const CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const ADDRESS = /:\/\/|\bwww\.|^[^\s/@]+\.[a-z]{2,}(\/|$)/i;

/**
 * Splits text into plain words, links and, in what we wrote ourselves, `**strong**` and `[title](https://...)` or `[title](/below-our-server)`. What
 * people wrote has no titles to hide behind: each address is shown as what it opens.
 */
export function pieces(text: string, { ours }: { ours: boolean }): Piece[] {
  const found: Piece[] = [];
  const shown = plain(text);
  let from = 0;
  for (const match of shown.matchAll(ours ? OURS : THEIRS)) {
    const [whole, strong, title, titled, bare] = ours ? match : [match[0], undefined, undefined, undefined, match[1]];
    const kept = bare ? bare.replace(/[.,;:!?)\]]+$/, '') : whole;
    if (match.index > from) found.push({ kind: 'text', text: shown.slice(from, match.index) });
    from = match.index + kept.length;
    const address = titled ?? (bare ? kept : '');
    const url = safe(address);
    if (strong) found.push({ kind: 'strong', text: strong });
    else if (url) found.push({ kind: 'link', text: title && !ADDRESS.test(title) ? title : written(address, url), href: url.href });
    else found.push({ kind: 'text', text: title ?? kept });
  }
  if (from < shown.length) found.push({ kind: 'text', text: shown.slice(from) });
  return found;
}

/** Text without the signs that turn its direction around: nobody sees them, and they show words in another order. */
export function plain(text: string): string {
  return text.replace(CONTROLS, '');
}

let home: string | undefined;

/** Where our own pages are: what a titled link of ours that begins with a slash is below. */
export function linksFrom(server: string): void {
  home = server;
}

/** A link is followed only over http(s), without a name and password that could pass for a host. */
function safe(address: string): URL | null {
  try {
    const url = new URL(address, home);
    return /^https?:$/.test(url.protocol) && !url.username && !url.password ? url : null;
  } catch {
    return null;
  }
}

/** An address with its host as it is looked up: letters that pass for others are seen as `xn--...`. */
function written(address: string, url: URL): string {
  return url.origin + address.replace(/^https?:\/\/[^/?#\\]*/i, '').replace(/\\/g, '/');
}
