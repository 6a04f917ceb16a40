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

export interface Kept {
  token: string | null;
  read: number;
}

/** The token and read mark as this browser kept them. */
export function recall(kept: string | null): Kept {
  try {
    const { token, read } = JSON.parse(kept ?? '{}') as { token?: string; read?: number };
    return { token: token ?? null, read: read ?? 0 };
  } catch {
    return { token: null, read: 0 };
  }
}

/** A new message id. randomUUID exists on secure origins only; a page may be tried over plain HTTP. */
export function uuid(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
