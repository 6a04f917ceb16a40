import type { Store } from '../lib/store';
import { Timers } from '../lib/timers';
import { insert, statusFrom, WITH_BOT, type Standing } from './log';
import type { Unsent } from './outbox';
import type { Entry, Holder, Welcome, Who } from './wire';

export interface ChatState extends Standing {
  /** `idle`: never asked to connect. `offline`: the line is down and a reconnect is coming. */
  phase: 'idle' | 'connecting' | 'online' | 'offline';
  /** The log, by sequence number. */
  entries: Entry[];
  unsent: Unsent[];
  /** Missed entries are still coming in; news comes after. */
  replaying: boolean;
  typing: { author: 'bot' | 'agent'; name: string } | null;
  identity: Who | null;
  /** The host's token is no longer good: the customer should sign in again. */
  identityProblem: 'expired' | 'forged' | null;
  /** The server is too busy for us until then (milliseconds since the epoch). */
  busyUntil: number | null;
  /** The last sequence number the customer has seen. */
  read: number;
  /** Another tab has another customer, or signed out, since this page said who is here: nothing is shown or sent. */
  elsewhere: boolean;
  /** Names the time of one customer: what was written under another is not shown under this. */
  era: string;
}

export const BLANK = {
  phase: 'idle', entries: [], replaying: false, ...WITH_BOT, typing: null, identity: null, identityProblem: null, read: 0,
} as const satisfies Partial<ChatState>;

/** How long an answer may take before the bot is shown as thinking. */
const THINKING_MS = 300;

/** What was said in one conversation, and how it stands, put into the state that is shown. */
export class Talk {
  /** The last sequence number heard. */
  cursor = 0;
  /** Nothing is shown until it is known again who is here. */
  hidden = false;
  private log: Entry[] = [];
  private replayTo = 0;
  private readonly timers = new Timers();

  constructor(private readonly store: Store<ChatState>) {}

  welcome({ seq, holder, agent, identity }: Welcome): void {
    this.replayTo = seq;
    this.timers.start('replay', 3_000, () => this.store.set({ replaying: false }));
    this.store.set({
      phase: 'online', holder, agent: agent ?? '', identity, replaying: this.cursor < seq,
      ...(identity ? { identityProblem: null } : {}), ...(holder === 'queued' ? {} : { position: null, waitS: null }),
    });
  }

  entry(frame: Entry & { type?: string }): void {
    const { type: _, ...entry } = frame;
    this.cursor = Math.max(this.cursor, entry.seq);
    this.log = insert(this.log, entry);
    const spoke = entry.author !== 'customer';
    if (spoke) this.timers.stop('typing');
    this.store.set({
      entries: this.shown, ...statusFrom(entry), ...(spoke ? { typing: null } : {}),
      replaying: this.store.state.replaying && entry.seq < this.replayTo,
    });
  }

  /** The customer's own message has its place; the line itself may still come. */
  accepted(entry: Entry): void {
    const { seq } = entry;
    if (!this.log.some((each) => each.seq === seq)) this.log = insert(this.log, entry);
    this.store.set({ entries: this.shown });
    if (this.store.state.holder === 'bot') this.timers.start('thinking', THINKING_MS, () => this.thinking(seq));
  }

  typing(typing: ChatState['typing']): void {
    this.timers.stop('typing');
    if (typing) this.timers.start('typing', 15_000, () => this.store.set({ typing: null }));
    this.store.set({ typing });
  }

  status(status: { holder: Holder; position?: number; wait_s?: number; name?: string }): void {
    const { position, waitS, agent } = this.store.state;
    const queued = status.holder === 'queued';
    this.store.set({
      holder: status.holder,
      position: queued ? (status.position ?? position) : null,
      waitS: queued ? (status.wait_s ?? waitS) : null,
      agent: status.holder === 'human' ? (status.name ?? agent) : '',
    });
  }

  hide(on: boolean): void {
    this.hidden = on;
    this.store.set({ entries: this.shown });
  }

  down(): void {
    this.timers.stopAll();
    this.store.set({ phase: 'offline', typing: null, replaying: false });
  }

  /** Another conversation begins: nothing of this one stays. */
  blank(): void {
    this.cursor = 0;
    this.log = [];
    this.store.set({ ...WITH_BOT, entries: [], read: 0, typing: null });
  }

  /** Nobody's conversation: not on the screen, not in memory. */
  leave(phase: ChatState['phase']): void {
    this.timers.stopAll();
    this.cursor = 0;
    this.log = [];
    this.store.set({ ...BLANK, phase });
  }

  private get shown(): Entry[] {
    return this.hidden ? [] : this.log;
  }

  private thinking(seq: number): void {
    const answered = this.log.some((entry) => entry.seq > seq && entry.author !== 'customer');
    const { phase, typing } = this.store.state;
    if (!answered && phase === 'online' && !typing) this.typing({ author: 'bot', name: '' });
  }
}
