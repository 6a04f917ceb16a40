import { Store } from '../lib/store';
import { Ceiling } from './ceiling';
import { Here, sameEra, verdict, type Channel, type Record } from './here';
import { Identities, type IdentitySource } from './identity';
import { Line } from './line';
import { uuid } from './log';
import type { Memory } from './memory';
import { revoke, type Revoke } from './revoke';
import { Sender } from './sender';
import { TabMemory } from './tab';
import { BLANK, Talk, type ChatState } from './talk';
import { oneAtATime, Turns, type Alone } from './turns';
import { openPoll, openSocket, type OpenTransport } from './transport';
import type { Button, Entry, Hello, ServerError, ServerFrame, Welcome, Who } from './wire';

export type { ChatState } from './talk';

export interface ChatOptions {
  server: string;
  locale: string;
  /** Survives the browser, and is shared by its tabs: who is here, token and read mark. */
  lasting: Memory;
  /** Survives a reload of this tab: unsent messages and the draft. */
  tab: Memory;
  openers?: { socket: OpenTransport; poll: OpenTransport };
  channel?: Channel | null;
  alone?: Alone;
  revoke?: Revoke;
  backoffMs?: { first: number; most: number };
  opensPerMinute?: number;
  /** How long a message may go unacknowledged before the line is taken for dead. */
  ackMs?: number;
  newId?: () => string;
}

/** Codes after which the same message may be accepted a little later. */
const LATER = new Set(['rate_limited', 'busy']);
/** Conversations begun by one tab in ten minutes, whatever the server says. */
const MOST_NEW = 6;

/**
 * One conversation with the gateway: resumes after the last entry seen and sends every message until it is accepted,
 * once (the server knows repeats by their id). It belongs to who was here when it was opened; `Here` knows who is.
 */
export class ChatClient extends Store<ChatState> {
  readonly key: string;
  private readonly sender: Sender;
  private readonly identities: Identities;
  private readonly here: Here;
  private readonly tab: TabMemory;
  private readonly turns: Turns;
  private readonly line: Line;
  private readonly talk: Talk;
  private readonly begun = new Ceiling(MOST_NEW, 600_000);
  /** The record of the era this tab is in. */
  private era: Record;
  /** Somebody wants to talk: a conversation may be begun. */
  private wanted = false;
  /** The page has said who is here, and it was not yet held against what the tabs agree on. */
  private fresh = true;
  /** The host is being asked who is here: until it answers, nothing of a customer's is shown or sent. */
  private asking = 0;
  /** The era that left this tab out. */
  private outBy: Record | null = null;
  /** The proof the server was told last, over this line. */
  private told: string | null = null;

  constructor(private readonly options: ChatOptions) {
    super({ ...BLANK, unsent: [], busyUntil: null, elsewhere: false, era: '' });
    this.key = `xiaoer:${options.server}`;
    const id = uuid();
    this.talk = new Talk(this);
    this.identities = new Identities(() => this.renewed());
    this.here = new Here({ key: this.key, memory: options.lasting, tab: id, channel: options.channel ?? null, changed: () => this.follow() });
    this.turns = new Turns(options.alone ?? oneAtATime(`${this.key}:opening`, options.lasting, id));
    this.tab = new TabMemory(options.tab, this.key);
    this.line = new Line({
      server: options.server,
      openers: options.openers ?? { socket: openSocket(), poll: openPoll },
      backoffMs: options.backoffMs ?? { first: 500, most: 30_000 },
      opensPerMinute: options.opensPerMinute ?? 15,
    }, {
      hello: () => this.hello(),
      frame: (frame) => this.heard(frame),
      down: () => this.down(),
      idle: () => this.sender.idle,
      pauseMs: () => (this.sender.busyUntil ?? 0) - Date.now(),
    });
    this.era = this.here.look();
    this.tab.enter(this.era);
    this.sender = new Sender({ tab: this.tab, ackMs: options.ackMs ?? 8_000, ...(options.newId ? { newId: options.newId } : {}) }, {
      ready: () => this.line.up && !this.talk.hidden && !this.state.elsewhere,
      send: (frame) => this.line.send(frame),
      silent: () => this.line.drop(),
      changed: () => this.set({ unsent: this.sender.unsent, busyUntil: this.sender.busyUntil }),
    });
    this.set({ read: this.era.read, unsent: this.sender.unsent, era: nameOf(this.era) });
  }

  /** A conversation was begun here before: worth connecting for its unread replies. */
  get known(): boolean {
    return this.here.look().token !== null;
  }

  get unread(): number {
    const { entries, read } = this.state;
    return entries.filter((entry) => entry.seq > read && (entry.author === 'bot' || entry.author === 'agent')).length;
  }

  /** What is written and not sent, across a closed panel and a reload. */
  get draft(): string {
    return this.tab.get('draft') ?? '';
  }

  set draft(text: string) {
    this.tab.set('draft', text || null);
  }

  /** At a page's load: takes up what was begun before, and begins nothing. */
  resume(): void {
    if (this.state.phase === 'idle' && (this.known || this.sender.waiting)) this.open();
  }

  connect(): void {
    this.wanted = true;
    if (this.state.phase === 'idle' && !this.state.elsewhere) this.open();
  }

  /** Something suggests the network is back, or that the tab slept: do not sit out the wait. */
  wake(): void {
    this.follow();
    if (this.state.phase === 'offline') this.open();
    else this.line.check();
  }

  /** The browser says the network is gone. */
  asleep(): void {
    if (this.state.phase === 'online') this.line.drop();
  }

  send(text: string, payload?: string): void {
    this.follow();
    if (!this.sender.add(text, payload)) return;
    this.connect();
    this.sender.pump();
  }

  choose(button: Button): void {
    this.send(button.title, button.payload);
  }

  retry(id: string): void {
    this.sender.retry(id);
    this.wake();
    this.sender.pump();
  }

  /** Takes a message that failed back, to be written differently. */
  discard(id: string): string {
    return this.sender.discard(id);
  }

  typing(on: boolean): void {
    this.sender.typing(on);
  }

  markRead(): void {
    const last = this.state.entries.at(-1)?.seq ?? 0;
    if (last <= this.state.read || this.state.elsewhere) return;
    this.set({ read: last });
    this.remember(this.era.token);
    this.line.send({ type: 'read', seq: last });
  }

  /** The page says who is here. */
  setIdentity(source: IdentitySource): void {
    this.follow();
    if (!this.identities.use(source)) return;
    this.fresh = true;
    if (this.identities.asks) this.talk.hide(this.era.who !== null);
    else this.settle();
    void this.identify();
  }

  setLocale(locale: string): void {
    this.options.locale = locale;
  }

  /** The customer signed out: every tab of this browser, and the server, forget the conversation. */
  reset(): void {
    this.asking++;
    this.identities.use(null);
    this.fresh = this.wanted = false;
    this.claim(null);
  }

  /** Another tab may have changed who is here, or have opened, read or forgotten the conversation. */
  follow(): void {
    const record = this.here.look();
    if (sameEra(record, this.era) && record.token === this.era.token) {
      return record.read > this.state.read ? this.set({ read: record.read }) : undefined;
    }
    if (this.outBy && sameEra(record, this.outBy)) return;
    if (record.who === this.page) {
      this.join(record);
      return this.sender.pump();
    }
    this.out(record);
    if (this.identities.asks) void this.identities.again().then(() => this.rejoin());
  }

  private get page(): string | null {
    return this.identities.who;
  }

  private open(): void {
    this.set({ phase: 'connecting' });
    void this.line.open();
  }

  /** Holds what the page says against what the tabs agree on. */
  private settle(): void {
    const record = this.here.look();
    const fresh = this.fresh && sameEra(record, this.outBy ?? this.era);
    this.fresh = false;
    switch (verdict(this.page, record, fresh)) {
      case 'join': return this.join(record);
      case 'adopt': return this.join(this.here.claim(this.page, record.token));
      case 'claim': return this.claim(this.page);
      case 'out': return this.out(record);
    }
  }

  private out(record: Record): void {
    this.fresh = false;
    this.outBy = record;
    this.tab.leave(this.page);
    this.leave();
    this.sender.reload();
    this.set({ elsewhere: true });
  }

  /** The same source gave another token: what it says is news, unless another tab had the last word. */
  private renewed(): void {
    this.follow();
    this.fresh = !this.state.elsewhere;
    void this.identify();
  }

  /** The host was asked again, and may now say what the other tabs say. */
  private rejoin(): void {
    const record = this.here.look();
    if (this.state.elsewhere && !this.identities.silent && record.who === this.page) this.join(record);
  }

  private claim(who: string | null): void {
    const { token } = this.here.look();
    if (token) (this.options.revoke ?? revoke)(this.options.server, token);
    const { wanted } = this;
    this.leave();
    this.wanted = wanted;
    this.join(this.here.claim(who, null));
  }

  /** This tab is in the era of `record`, in its conversation. */
  private join(record: Record): void {
    const live = this.state.phase !== 'idle';
    if (record.token !== this.era.token && (this.era.token !== null || this.line.connected)) this.leave();
    if (!sameEra(record, this.era) || this.outBy) {
      this.tab.enter(record);
      this.sender.reload();
    }
    this.era = record;
    this.outBy = null;
    this.talk.hide(false);
    this.set({ read: record.read, elsewhere: false, era: nameOf(record) });
    const busy = live || this.wanted || this.sender.waiting || record.token !== null;
    if (this.state.phase === 'idle' && busy) this.open();
  }

  /** Nothing of this conversation stays: not on the line, not on the screen. */
  private leave(): void {
    const opening = this.state.phase === 'connecting' && !this.line.connected;
    if (!opening) this.line.hangUp();
    this.sender.down();
    this.talk.leave(opening ? 'connecting' : 'idle');
  }

  private async identify(): Promise<void> {
    const asked = ++this.asking;
    await this.identities.current();
    if (asked !== this.asking || this.identities.silent) return;
    this.settle();
    this.tell();
    this.sender.pump();
  }

  /** The server knows the newest proof before it gets anything else. No proof at all would sign the customer out. */
  private tell(): void {
    const { token } = this.identities;
    if (token === null || this.told === token || !this.line.up || this.state.elsewhere) return;
    this.told = token;
    this.line.send({ type: 'identity', token });
  }

  private async hello(): Promise<Hello | 'later' | 'stop'> {
    this.sender.down();
    if (this.state.phase !== 'idle') this.set({ phase: 'connecting' });
    await this.identities.current();
    const { who } = this.here.look();
    if (this.identities.silent && who !== null) return 'later';
    if (!this.identities.said && who !== null && !this.wanted) return this.stop();
    this.settle();
    if (this.state.elsewhere) return this.stop();
    if (this.era.token === null) {
      if (!this.wanted && !this.sender.waiting) return this.stop();
      if (this.begun.waitMs()) return 'later';
      await this.turns.take();
      this.follow();
      if (this.state.elsewhere) return this.stop();
      if (this.era.token === null) this.begun.count();
      else this.turns.pass();
    }
    this.told = this.identities.token;
    return { type: 'hello', token: this.era.token, after: this.talk.cursor, identity: this.told, locale: this.options.locale };
  }

  private stop(): 'stop' {
    this.turns.pass();
    this.set({ phase: 'idle' });
    return 'stop';
  }

  private down(): void {
    this.turns.pass();
    this.sender.down();
    this.talk.down();
  }

  private heard(frame: ServerFrame): void {
    switch (frame.type) {
      case 'welcome': return this.onWelcome(frame);
      case 'entry': return this.onEntry(frame);
      case 'accepted': return this.onAccepted(frame.id, frame.seq);
      case 'typing': return this.talk.typing(frame.on ? { author: frame.author, name: frame.name ?? '' } : null);
      case 'status': return this.talk.status(frame);
      case 'identity': return this.onIdentity(frame.identity);
      case 'error': return this.onError(frame);
      case 'pong': return;
    }
  }

  private onWelcome(welcome: Welcome): void {
    if (welcome.token !== this.era.token && this.era.token !== null) this.talk.blank();
    const kept = this.remember(welcome.token);
    this.turns.pass();
    if (!kept || this.isAnothers(welcome.identity)) return;
    this.talk.welcome(welcome);
    this.tell();
    this.sender.pump();
  }

  private onIdentity(identity: Who | null): void {
    if (this.isAnothers(identity)) return;
    this.set({ identity, ...(identity ? { identityProblem: null } : {}) });
  }

  /** Another tab signed in before this one could hear of it: a guest's page shows nothing of a customer's. */
  private isAnothers(identity: Who | null): boolean {
    if (identity === null || this.page !== null || this.identities.pending) return false;
    this.follow();
    if (this.page === null && !this.state.elsewhere) this.out(this.here.look());
    return this.state.elsewhere;
  }

  private onEntry(entry: Entry): void {
    if (entry.id) this.sender.settle(entry.id);
    this.talk.entry(entry);
    if (entry.id) this.sender.pump();
  }

  private onAccepted(id: string, seq: number): void {
    const message = this.sender.find(id);
    if (message) this.talk.accepted({ seq, at: message.at, author: 'customer', text: message.text, id });
    this.sender.settle(id);
    this.sender.pump();
  }

  private onError(error: ServerError): void {
    if (error.code === 'not_yours' || error.code === 'identity_other_customer') return this.startAfresh();
    if (error.code.startsWith('identity_')) {
      this.set({ identityProblem: error.code === 'identity_forged' ? 'forged' : 'expired' });
      return void this.identities.refused();
    }
    if (LATER.has(error.code) || error.retry_after_s) return this.sender.wait((error.retry_after_s ?? 2) * 1000);
    this.sender.refuse(error.id, error.code);
  }

  /** The conversation is not (or no longer) ours: begin a new one; what was not sent goes there. */
  private startAfresh(): void {
    const refused = this.era.token;
    this.follow();
    if (this.state.elsewhere || this.era.token !== refused || refused === null) return; // Else the line closes and the usual waits apply.
    this.talk.blank();
    this.remember(null);
    this.line.again();
  }

  /** False where this tab's era is over: it then follows the newer one. */
  private remember(token: string | null): boolean {
    const kept = this.here.keep(this.era, token, this.state.read);
    if (kept) this.era = this.here.look();
    else this.follow();
    return kept;
  }
}

function nameOf(era: Record): string {
  return `${era.at}${era.by}`;
}
