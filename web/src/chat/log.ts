import type { Entry, Holder } from './wire';

/** Who answers the next message, and how long the wait for a person is. */
export interface Standing {
  holder: Holder;
  position: number | null;
  waitS: number | null;
  /** The display name of the person who has the conversation. */
  agent: string;
}

export const WITH_BOT: Standing = { holder: 'bot', position: null, waitS: null, agent: '' };

/** What a log line says of a handover: true also when it comes by replay. */
export function statusFrom(entry: Entry): Partial<Standing> {
  const { status, position, name } = entry.custom ?? {};
  if (status === 'queued') return { holder: 'queued', position: typeof position === 'number' ? position : null };
  if (status === 'joined') return { ...WITH_BOT, holder: 'human', agent: String(name ?? entry.name ?? '') };
  if (status === 'bot' || status === 'closed') return WITH_BOT;
  return {};
}

/** The log with one more entry, by sequence number; an entry that came before is replaced. */
export function insert(entries: Entry[], entry: Entry): Entry[] {
  const others = entries.filter((each) => each.seq !== entry.seq);
  const place = others.findIndex((each) => each.seq > entry.seq);
  return place < 0 ? [...others, entry] : [...others.slice(0, place), entry, ...others.slice(place)];
}

/** A new message id. randomUUID exists on secure origins only; a page may be tried over plain HTTP. */
export function uuid(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
