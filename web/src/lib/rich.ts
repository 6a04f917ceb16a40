/** What a line of text is made of. Text is never read as HTML; only these few forms mean something. */
export type Piece = { kind: 'text'; text: string } | { kind: 'strong'; text: string } | { kind: 'link'; text: string; href: string };

const FORMS = /\*\*([^*\n]+)\*\*|\[([^\]\n]{1,200})\]\((https?:\/\/[^\s)]+)\)|(https?:\/\/[^\s<>"'，。；！？、）】》」]+)/g;

/** Splits text into plain words, `**strong**`, `[title](https://...)` and bare http(s) addresses. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(FORMS)) {
    const [whole, strong, title, titled, bare] = match;
    const kept = bare ? bare.replace(/[.,;:!?)\]]+$/, '') : whole;
    if (match.index > from) found.push({ kind: 'text', text: text.slice(from, match.index) });
    from = match.index + kept.length;
    const href = safe(titled ?? (bare ? kept : ''));
    if (strong) found.push({ kind: 'strong', text: strong });
    else if (href) found.push({ kind: 'link', text: title ?? kept, href });
    else found.push({ kind: 'text', text: kept });
  }
  if (from < text.length) found.push({ kind: 'text', text: text.slice(from) });
  return found;
}

/** A link is followed only over http(s), without a name and password that could pass for a host. */
function safe(address: string): string | null {
  try {
    const url = new URL(address);
    return /^https?:$/.test(url.protocol) && !url.username && !url.password ? url.href : null;
  } catch {
    return null;
  }
}
