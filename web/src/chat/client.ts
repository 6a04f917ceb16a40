import { Store } from '../lib/store';
import { Identities, type IdentitySource } from './identity';
import { insert, recall, statusFrom, uuid, WITH_BOT, type Standing } from './log';
import type { Memory } from './memory';
import { Outbox, type Unsent } from './outbox';
import { openPoll, openSocket, type OpenTransport, type Transport } from './transport';
import { MAX_TEXT, type Button, type Entry, type Holder, type ServerError, type ServerFrame, type Welcome, type Who } from './wire';

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

/** Sockets that failed in a row before HTTP is tried, and how long HTTP is kept before sockets are tried again. */
const SOCKET_TRIES = 2;
const HTTP_FIRST_MS = 120_000;
const HTTP_MOST_MS = 1_800_000;
/** Codes after which the same message may be accepted a little later. */
const LATER = new Set(['rate_limited', 'busy']);

/**
 * One conversation with the gateway: connects, resumes after the last entry seen, sends every message until it is
 * accepted exactly once (the server knows repeats by their id), falls back to HTTP and comes back.
 */
export class ChatClient extends Store<ChatState> {
  private readonly outbox: Outbox;
  private readonly identities: Identities;
  readonly key: string;
  private readonly openers: { socket: OpenTransport; poll: OpenTransport };
  private transport: Transport | null = null;
  private token: string | null;
  private welcomed = false;
  private attempts = 0;
  private socketFailures = 0;
  private overHttp = false;
  private httpMs = HTTP_FIRST_MS;
  private cursor = 0;
  private replayTo = 0;
  private inFlight: string | null = null;
  private typingSent = 0;
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly options: ChatOptions) {
    super(BLANK);
    this.key = `xiaoer:${options.server}`;
    this.openers = options.openers ?? { socket: openSocket(), poll: openPoll };
    this.outbox = new Outbox(options.tab, `${this.key}:unsent`);
    this.identities = new Identities(() => this.sendIdentity());
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
    if (this.state.phase === 'idle') void this.open();
  }

  /** Something suggests the network is back: do not sit out the wait. */
  wake(): void {
    if (this.state.phase === 'offline') void this.open();
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
    if (this.welcomed) this.transport?.send({ type: 'typing', on });
  }

  markRead(): void {
    const last = this.state.entries.at(-1)?.seq ?? 0;
    if (last <= this.state.read) return;
    this.set({ read: last });
    this.remember();
    if (this.welcomed) this.transport?.send({ type: 'read', seq: last });
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

  private async open(): Promise<void> {
    this.clear('reconnect');
    this.set({ phase: 'connecting' });
    const identity = await this.identities.current();
    if (this.state.phase !== 'connecting' || this.transport) return;
    this.overHttp = this.socketFailures >= SOCKET_TRIES;
    const opener = this.overHttp ? this.openers.poll : this.openers.socket;
    this.welcomed = false;
    this.inFlight = null;
    const hello = { type: 'hello', token: this.token, after: this.cursor, identity, locale: this.options.locale } as const;
    const transport: Transport = opener(this.options.server, hello, {
      frame: (frame) => this.transport === transport && this.heard(frame),
      closed: () => this.transport === transport && this.lost(),
    });
    this.transport = transport;
  }

  private lost(): void {
    this.transport = null;
    if (!this.welcomed) this.socketFailures = this.overHttp ? 0 : this.socketFailures + 1;
    this.welcomed = false;
    this.inFlight = null;
    for (const timer of ['ack', 'typing', 'steady', 'http', 'replay']) this.clear(timer);
    this.set({ phase: 'offline', typing: null, replaying: false });
    const { first, most } = this.options.backoffMs ?? { first: 500, most: 30_000 };
    const wait = Math.min(most, first * 2 ** this.attempts++) * (0.5 + Math.random() / 2);
    const busy = Math.max(0, (this.state.busyUntil ?? 0) - Date.now());
    this.later('reconnect', Math.max(wait, busy), () => void this.open());
  }

  private hangUp(): void {
    const transport = this.transport;
    this.transport = null;
    for (const timer of [...this.timers.keys()]) this.clear(timer);
    transport?.close();
    this.welcomed = false;
    this.inFlight = null;
    this.attempts = 0;
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
    this.welcomed = true;
    this.socketFailures = this.overHttp ? this.socketFailures : 0;
    this.replayTo = welcome.seq;
    this.remember();
    this.later('steady', 5_000, () => (this.attempts = 0));
    if (this.overHttp) this.later('http', this.httpMs, () => this.tryBetterLine());
    else this.httpMs = HTTP_FIRST_MS;
    this.later('replay', 3_000, () => this.set({ replaying: false }));
    this.set({
      phase: 'online', holder: welcome.holder, agent: welcome.agent ?? '', identity: welcome.identity, busyUntil: null,
      replaying: this.cursor < welcome.seq, ...(welcome.identity ? { identityProblem: null } : {}),
      ...(welcome.holder === 'queued' ? {} : { position: null, waitS: null }),
    });
    this.pump();
  }

  /** HTTP works, a socket would be quicker: try one now and then, less and less often. */
  private tryBetterLine(): void {
    if (this.inFlight || this.outbox.head) return this.later('http', 1_000, () => this.tryBetterLine());
    this.httpMs = Math.min(HTTP_MOST_MS, this.httpMs * 2);
    this.hangUp();
    this.socketFailures = SOCKET_TRIES - 1;
    void this.open();
  }

  private onEntry(frame: Entry & { type?: string }): void {
    const { type: _, ...entry } = frame;
    if (entry.id) this.settle(entry.id);
    this.cursor = Math.max(this.cursor, entry.seq);
    const entries = insert(this.state.entries, entry);
    const spoke = entry.author !== 'customer';
    if (spoke) this.clear('typing');
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
    if (this.state.holder === 'bot') this.later('thinking', 300, () => this.thinking(seq));
    this.pump();
  }

  private thinking(seq: number): void {
    const answered = this.state.entries.some((entry) => entry.seq > seq && entry.author !== 'customer');
    if (!answered && this.state.phase === 'online' && !this.state.typing) this.onTyping({ author: 'bot', name: '' });
  }

  private onTyping(typing: ChatState['typing']): void {
    this.clear('typing');
    if (typing) this.later('typing', 15_000, () => this.set({ typing: null }));
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
      this.clear('ack');
      this.set({ busyUntil: Date.now() + later });
      this.later('again', later, () => {
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
    void this.open();
  }

  private sendIdentity(): void {
    void this.identities.current().then((token) => {
      if (this.welcomed) this.transport?.send({ type: 'identity', token });
    });
  }

  private pump(): void {
    const head = this.outbox.head;
    if (!this.welcomed || !head || this.inFlight || this.timers.has('again')) return;
    this.inFlight = head.id;
    this.later('ack', this.options.ackMs ?? 10_000, () => this.transport?.close());
    const { id, text, payload } = head;
    this.transport?.send({ type: 'message', id, text, ...(payload ? { payload } : {}) });
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
    this.clear('ack');
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

  private later(name: string, ms: number, act: () => void): void {
    this.clear(name);
    this.timers.set(name, setTimeout(() => {
      this.timers.delete(name);
      act();
    }, ms));
  }

  private clear(name: string): void {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
  }
}
