import type { Memory } from './memory';

/**
 * Who is here, as all tabs of one browser agree: one record in storage. Each change of customer begins an era, and the
 * newest era holds everywhere. A conversation lives within one era and belongs to that era's customer, or its guest.
 */
export interface Record {
  /** When the era began (milliseconds since the epoch, and later than every era before) and which tab began it. */
  at: number;
  by: string;
  /** The customer (a JWT's `sub`), or null for a guest. */
  who: string | null;
  token: string | null;
  /** The last sequence number that was seen. */
  read: number;
}

/** What tabs call to each other: look again. */
export interface Channel {
  post(message: unknown): void;
  listen(heard: (message: unknown) => void): void;
}

export interface HereOptions {
  key: string;
  memory: Memory;
  tab: string;
  channel: Channel | null;
  changed(): void;
}

const NOBODY: Record = { at: 0, by: '', who: null, token: null, read: 0 };

export class Here {
  private known: Record = NOBODY;

  constructor(private readonly options: HereOptions) {
    options.channel?.listen((message) => this.called(message as Partial<Record>));
    this.look();
  }

  /** What storage says now. A record older than one this tab knows was written late: it is put right. */
  look(): Record {
    const stored = parse(this.options.memory.get(this.options.key));
    if (stored && later(this.known, stored)) this.write(this.known);
    else this.known = stored ?? { ...NOBODY };
    return this.known;
  }

  /** Begins an era. Only a guest who signs in takes the conversation along. */
  claim(who: string | null, token: string | null): Record {
    const at = Math.max(Date.now(), this.look().at + 1);
    this.write({ at, by: this.options.tab, who, token, read: token ? this.known.read : 0 });
    this.options.channel?.post({ at, by: this.options.tab });
    return this.known;
  }

  /** Writes what changed within an era; false if that era is over, or another tab opened a conversation in it. */
  keep(era: Record, token: string | null, read: number): boolean {
    const now = this.look();
    if (!sameEra(now, era) || (now.token !== era.token && now.token !== token)) return false;
    if (now.token !== token || now.read !== read) this.write({ ...now, token, read });
    return true;
  }

  private write(record: Record): void {
    this.known = record;
    this.options.memory.set(this.options.key, JSON.stringify(record));
  }

  /** Without shared storage the other tab's word is all there is: its change of customer ends ours. */
  private called({ at = 0, by = '' }: Partial<Record>): void {
    if (!this.options.memory.lasting && later({ ...NOBODY, at, by }, this.known)) this.write({ ...NOBODY, at, by });
    this.options.changed();
  }
}

export function sameEra(one: Record, other: Record): boolean {
  return one.at === other.at && one.by === other.by;
}

function later(one: Record, other: Record): boolean {
  return one.at > other.at || (one.at === other.at && one.by > other.by);
}

function parse(kept: string | null): Record | null {
  try {
    const record = JSON.parse(kept ?? 'null') as Record | null;
    return record && typeof record.at === 'number' ? { ...NOBODY, ...record } : null;
  } catch {
    return null;
  }
}

/** What a tab does with who its page says is here, where the record says something else or the same. */
export type Verdict = 'join' | 'adopt' | 'claim' | 'out';

/** `fresh`: the page has just said so, at its load or by a call; else another tab was the last to say who is here. */
export function verdict(page: string | null, record: Record, fresh: boolean): Verdict {
  if (record.who === page) return 'join';
  if (!fresh) return 'out';
  return record.who === null ? 'adopt' : 'claim';
}

export function browserChannel(name: string): Channel | null {
  if (typeof BroadcastChannel === 'undefined') return null;
  const channel = new BroadcastChannel(name);
  return {
    post: (message) => channel.postMessage(message),
    listen: (heard) => (channel.onmessage = (event: MessageEvent) => heard(event.data)),
  };
}
