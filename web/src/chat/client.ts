import { Store } from '../lib/store';
import { Timers } from '../lib/timers';
import { Identities, type IdentitySource } from './identity';
import { Line } from './line';
import { insert, recall, statusFrom, uuid, WITH_BOT, type Standing } from './log';
import type { Memory } from './memory';
import { Outbox, type Unsent } from './outbox';
import { openPoll, openSocket, type OpenTransport } from './transport';
import { MAX_TEXT, type Button, type Entry, type Hello, type Holder, type ServerError, type ServerFrame, type Welcome, type Who } from './wire';

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
}

export interface ChatOptions {
  server: string;
  locale: string;
  /** Survives the browser: token and read mark. */
  lasting: Memory;
  /** Survives a reload of this tab: unsent messages. */
  tab: Memory;
  openers?: { socket: OpenTransport; poll: OpenTransport };
  backoffMs?: { first: number; most: number };
  /** How long a message may go unacknowledged before the line is taken for dead. */
  ackMs?: number;
  newId?: () => string;
}

const BLANK: ChatState = {
  phase: 'idle', entries: [], unsent: [], replaying: false, ...WITH_BOT, typing: null, identity: null, identityProblem: null, busyUntil: null, read: 0,
};

/** Codes after which the same message may be accepted a little later. */
const LATER = new Set(['rate_limited', 'busy']);

/**
 * One conversation with the gateway: resumes after the last entry seen and sends every message until it is accepted,
 * once (the server knows repeats by their id).
 */
export class ChatClient extends Store<ChatState> {
  readonly key: string;
  private readonly outbox: Outbox;
  private readonly identities: Identities;
  private readonly line: Line;
  private readonly timers = new Timers();
  private token: string | null;
  private cursor = 0;
  private replayTo = 0;
  private inFlight: string | null = null;
  private typingSent = 0;

  constructor(private readonly options: ChatOptions) {
    super(BLANK);
    this.key = `xiaoer:${options.server}`;
    this.outbox = new Outbox(options.tab, `${this.key}:unsent`);
    this.identities = new Identities(() => this.sendIdentity());
    this.line = new Line({
      server: options.server,
      openers: options.openers ?? { socket: openSocket(), poll: openPoll },
      backoffMs: options.backoffMs ?? { first: 500, most: 30_000 },
    }, {
      hello: () => this.hello(),
      frame: (frame) => this.heard(frame),
      down: () => this.down(),
      idle: () => !this.inFlight && !this.outbox.head,
      pauseMs: () => (this.state.busyUntil ?? 0) - Date.now(),
    });
    const kept = recall(options.lasting.get(this.key));
    this.token = kept.token;
    this.set({ read: kept.read, unsent: this.outbox.all });
  }

  /** A conversation was begun here before: worth connecting for its unread replies. */
  get known(): boolean {
    return this.token !== null;
  }

  get unread(): number {
    const { entries, read } = this.state;
    return entries.filter((entry) => entry.seq > read && (entry.author === 'bot' || entry.author === 'agent')).length;
  }

  connect(): void {
    if (this.state.phase === 'idle') this.open();
  }

  /** Something suggests the network is back: do not sit out the wait. */
  wake(): void {
    if (this.state.phase === 'offline') this.open();
  }

  send(text: string, payload?: string): void {
    const trimmed = text.trim();
    if (!trimmed) return;
    const id = this.options.newId?.() ?? uuid();
    this.outbox.add({ id, text: trimmed, ...(payload ? { payload } : {}), at: Date.now() / 1000, state: 'sending' });
    if (trimmed.length > MAX_TEXT) this.outbox.fail(id, 'too_long');
    this.typingSent = 0;
    this.set({ unsent: this.outbox.all });
    this.connect();
    this.pump();
  }

  choose(button: Button): void {
    this.send(button.title, button.payload);
  }

  retry(id: string): void {
    this.outbox.retry(id);
    this.set({ unsent: this.outbox.all });
    this.wake();
    this.pump();
  }

  /** Takes a message that failed back, to be written differently. */
  discard(id: string): string {
    const message = this.outbox.all.find((each) => each.id === id);
    this.outbox.remove(id);
    this.set({ unsent: this.outbox.all });
    return message?.text ?? '';
  }

  /** Says at most every 4 s that the customer is typing, and once that they stopped. */
  typing(on: boolean): void {
    const now = Date.now();
    if (on ? now - this.typingSent < 4_000 : !this.typingSent) return;
    this.typingSent = on ? now : 0;
    this.line.send({ type: 'typing', on });
  }

  markRead(): void {
    const last = this.state.entries.at(-1)?.seq ?? 0;
    if (last <= this.state.read) return;
    this.set({ read: last });
    this.remember();
    this.line.send({ type: 'read', seq: last });
  }

  setIdentity(source: IdentitySource): void {
    this.identities.use(source);
  }

  setLocale(locale: string): void {
    this.options.locale = locale;
  }

  /** The customer signed out: this browser forgets the conversation. */
  reset(): void {
    this.hangUp();
    this.identities.use(null);
    this.forget();
    this.outbox.clear();
    this.set({ ...BLANK, unsent: [] });
  }

  /** Another tab opened, read or forgot the conversation: all tabs of one browser share what storage says last. */
  follow(): void {
    const { token, read } = recall(this.options.lasting.get(this.key));
    if (token === this.token) return this.set({ read: Math.max(read, this.state.read) });
    if (token === null) return this.reset();
    const live = this.state.phase !== 'idle';
    this.hangUp();
    this.blank();
    this.token = token;
    this.set({ read, phase: 'idle' });
    if (live) this.connect();
  }

  private open(): void {
    this.set({ phase: 'connecting' });
    void this.line.open();
  }

  private async hello(): Promise<Hello> {
    const identity = await this.identities.current();
    this.inFlight = null;
    if (this.state.phase !== 'idle') this.set({ phase: 'connecting' });
    return { type: 'hello', token: this.token, after: this.cursor, identity, locale: this.options.locale };
  }

  private down(): void {
    this.inFlight = null;
    this.timers.stop('ack', 'typing', 'replay');
    this.set({ phase: 'offline', typing: null, replaying: false });
  }

  private hangUp(): void {
    this.line.hangUp();
    this.timers.stopAll();
    this.inFlight = null;
  }

  private heard(frame: ServerFrame): void {
    switch (frame.type) {
      case 'welcome': return this.onWelcome(frame);
      case 'entry': return this.onEntry(frame);
      case 'accepted': return this.onAccepted(frame.id, frame.seq);
      case 'typing': return this.onTyping(frame.on ? { author: frame.author, name: frame.name ?? '' } : null);
      case 'status': return this.onStatus(frame);
      case 'identity':
        return this.set({ identity: frame.identity, ...(frame.identity ? { identityProblem: null } : {}) });
      case 'error': return this.onError(frame);
      case 'pong': return;
    }
  }

  private onWelcome(welcome: Welcome): void {
    if (welcome.token !== this.token && this.token !== null) this.blank();
    this.token = welcome.token;
    this.replayTo = welcome.seq;
    this.remember();
    this.timers.start('replay', 3_000, () => this.set({ replaying: false }));
    this.set({
      phase: 'online', holder: welcome.holder, agent: welcome.agent ?? '', identity: welcome.identity, busyUntil: null,
      replaying: this.cursor < welcome.seq, ...(welcome.identity ? { identityProblem: null } : {}),
      ...(welcome.holder === 'queued' ? {} : { position: null, waitS: null }),
    });
    this.pump();
  }

  private onEntry(frame: Entry & { type?: string }): void {
    const { type: _, ...entry } = frame;
    if (entry.id) this.settle(entry.id);
    this.cursor = Math.max(this.cursor, entry.seq);
    const entries = insert(this.state.entries, entry);
    const spoke = entry.author !== 'customer';
    if (spoke) this.timers.stop('typing');
    this.set({
      entries, ...statusFrom(entry), ...(spoke ? { typing: null } : {}),
      replaying: this.state.replaying && entry.seq < this.replayTo,
    });
    if (entry.id) this.pump();
  }

  private onAccepted(id: string, seq: number): void {
    const message = this.outbox.all.find((each) => each.id === id);
    if (message && !this.state.entries.some((entry) => entry.seq === seq)) {
      const { text, at } = message;
      this.set({ entries: insert(this.state.entries, { seq, at, author: 'customer', text, id }) });
    }
    this.settle(id);
    if (this.state.holder === 'bot') this.timers.start('thinking', 300, () => this.thinking(seq));
    this.pump();
  }

  private thinking(seq: number): void {
    const answered = this.state.entries.some((entry) => entry.seq > seq && entry.author !== 'customer');
    if (!answered && this.state.phase === 'online' && !this.state.typing) this.onTyping({ author: 'bot', name: '' });
  }

  private onTyping(typing: ChatState['typing']): void {
    this.timers.stop('typing');
    if (typing) this.timers.start('typing', 15_000, () => this.set({ typing: null }));
    this.set({ typing });
  }

  private onStatus(status: { holder: Holder; position?: number; wait_s?: number; name?: string }): void {
    const queued = status.holder === 'queued';
    this.set({
      holder: status.holder,
      position: queued ? (status.position ?? this.state.position) : null,
      waitS: queued ? (status.wait_s ?? this.state.waitS) : null,
      agent: status.holder === 'human' ? (status.name ?? this.state.agent) : '',
    });
  }

  private onError(error: ServerError): void {
    const later = (error.retry_after_s ?? 2) * 1000;
    if (error.code.startsWith('identity_')) return this.onBadIdentity(error.code);
    if (error.code === 'not_yours') return this.startAfresh();
    if (LATER.has(error.code) || error.retry_after_s) {
      this.timers.stop('ack');
      this.set({ busyUntil: Date.now() + later });
      this.timers.start('again', later, () => {
        this.inFlight = null;
        this.set({ busyUntil: null });
        this.pump();
      });
      return;
    }
    const id = error.id ?? this.inFlight;
    if (!id || !this.outbox.has(id)) return;
    this.outbox.fail(id, error.code);
    this.landed(id);
    this.set({ unsent: this.outbox.all });
    this.pump();
  }

  private onBadIdentity(code: string): void {
    if (code === 'identity_other_customer') return this.startAfresh();
    this.set({ identityProblem: code === 'identity_expired' ? 'expired' : 'forged' });
    void this.identities.refused();
  }

  /** The conversation is not (or no longer) ours: begin a new one; what was not sent goes there. */
  private startAfresh(): void {
    const hadToken = this.token !== null;
    this.forget();
    if (!hadToken) return; // Not a token's fault: the line closes and the usual waits apply.
    this.hangUp();
    this.open();
  }

  private sendIdentity(): void {
    void this.identities.current().then((token) => {
      this.line.send({ type: 'identity', token });
    });
  }

  private pump(): void {
    const head = this.outbox.head;
    if (!this.line.up || !head || this.inFlight || this.timers.has('again')) return;
    this.inFlight = head.id;
    this.timers.start('ack', this.options.ackMs ?? 10_000, () => this.line.drop());
    const { id, text, payload } = head;
    this.line.send({ type: 'message', id, text, ...(payload ? { payload } : {}) });
  }

  private settle(id: string): void {
    this.landed(id);
    if (!this.outbox.has(id)) return;
    this.outbox.remove(id);
    this.set({ unsent: this.outbox.all });
  }

  private landed(id: string): void {
    if (this.inFlight !== id) return;
    this.inFlight = null;
    this.timers.stop('ack');
  }

  private forget(): void {
    this.blank();
    this.token = null;
    this.options.lasting.set(this.key, null);
  }

  private blank(): void {
    this.cursor = 0;
    this.set({ ...WITH_BOT, entries: [], read: 0, typing: null });
  }

  private remember(): void {
    this.options.lasting.set(this.key, JSON.stringify({ token: this.token, read: this.state.read }));
  }
}
