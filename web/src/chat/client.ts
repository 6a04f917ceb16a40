import { Store } from '../lib/store';
import { Ceiling } from './ceiling';
import { Here, type Channel, type Record } from './here';
import type { IdentitySource } from './identity';
import { Line } from './line';
import { uuid } from './log';
import { Member } from './member';
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
  private readonly here: Here;
  private readonly member: Member;
  private readonly tab: TabMemory;
  private readonly turns: Turns;
  private readonly line: Line;
  private readonly talk: Talk;
  private readonly begun = new Ceiling(MOST_NEW, 600_000);
  /** Somebody wants to talk: a conversation may be begun. */
  private wanted = false;
  /** The proof the server was told last, over this line. */
  private told: string | null = null;

  constructor(private readonly options: ChatOptions) {
    super({ ...BLANK, unsent: [], busyUntil: null, elsewhere: false, era: '' });
    this.key = `xiaoer:${options.server}`;
    const id = uuid();
    this.talk = new Talk(this);
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
    this.member = new Member(this.here, this.tab, {
      leave: () => this.leave(),
      joined: (record, moved) => this.joined(record, moved),
      left: () => this.left(),
      read: (seq) => this.set({ read: seq }),
      hide: (on) => this.talk.hide(on),
      known: () => this.tell(),
      revoke: (token) => (options.revoke ?? revoke)(options.server, token),
    });
    this.sender = new Sender({ tab: this.tab, ackMs: options.ackMs ?? 8_000, ...(options.newId ? { newId: options.newId } : {}) }, {
      ready: () => this.line.up && !this.talk.hidden && !this.state.elsewhere,
      send: (frame) => this.line.send(frame),
      silent: () => this.line.drop(),
      changed: () => this.set({ unsent: this.sender.unsent, busyUntil: this.sender.busyUntil }),
    });
    const { era } = this.member;
    this.set({ read: era.read, unsent: this.sender.unsent, era: nameOf(era) });
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
    this.member.keep(this.member.era.token, this.state.read);
    this.line.send({ type: 'read', seq: last });
  }

  /** The page says who is here. */
  setIdentity(source: IdentitySource): void {
    this.member.use(source);
  }

  setLocale(locale: string): void {
    this.options.locale = locale;
  }

  /** The customer signed out: every tab of this browser, and the server, forget the conversation. */
  reset(): void {
    this.wanted = false;
    this.member.reset();
  }

  /** Another tab may have changed who is here, or have opened, read or forgotten the conversation. */
  follow(): void {
    this.member.follow(this.state.read);
  }

  private open(): void {
    this.set({ phase: 'connecting' });
    void this.line.open();
  }

  private joined(record: Record, moved: boolean): void {
    if (moved) this.sender.reload();
    this.set({ read: record.read, elsewhere: false, era: nameOf(record) });
    const live = this.wanted || this.sender.waiting || record.token !== null;
    if (this.state.phase === 'idle' && live) this.open();
    this.tell();
  }

  private left(): void {
    this.sender.reload();
    this.set({ elsewhere: true });
  }

  /** Nothing of this conversation stays: not on the line, not on the screen. */
  private leave(): void {
    const opening = this.state.phase === 'connecting' && !this.line.connected;
    if (!opening) this.line.hangUp();
    this.sender.down();
    this.talk.leave(opening ? 'connecting' : 'idle');
  }

  /** The server knows the newest proof before it gets anything else. No proof at all would sign the customer out. */
  private tell(): void {
    const { token } = this.member.identities;
    if (token !== null && this.told !== token && this.line.up && !this.state.elsewhere) {
      this.told = token;
      this.line.send({ type: 'identity', token });
    }
    this.sender.pump();
  }

  private async hello(): Promise<Hello | 'later' | 'stop'> {
    this.sender.down();
    if (this.state.phase !== 'idle') this.set({ phase: 'connecting' });
    const known = await this.member.identify(this.wanted);
    if (known !== 'known') return known === 'silent' ? 'later' : this.stop();
    if (this.state.elsewhere) return this.stop();
    if (this.member.era.token === null) {
      if (!this.wanted && !this.sender.waiting) return this.stop();
      if (this.begun.waitMs()) return 'later';
      await this.turns.take();
      this.follow();
      if (this.state.elsewhere) return this.stop();
      if (this.member.era.token === null) this.begun.count();
      else this.turns.pass();
    }
    this.told = this.member.identities.token;
    return { type: 'hello', token: this.member.era.token, after: this.talk.cursor, identity: this.told, locale: this.options.locale };
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
    if (welcome.token !== this.member.era.token && this.member.era.token !== null) this.talk.blank();
    const kept = this.member.keep(welcome.token, this.state.read);
    this.turns.pass();
    if (!kept || this.isAnothers(welcome.identity)) return;
    this.talk.welcome(welcome);
    this.tell();
  }

  private onIdentity(identity: Who | null): void {
    if (this.isAnothers(identity)) return;
    this.set({ identity, ...(identity ? { identityProblem: null } : {}) });
  }

  /** Another tab signed in before this one could hear of it: a guest's page shows nothing of a customer's. */
  private isAnothers(identity: Who | null): boolean {
    return identity !== null && this.member.doubt(this.state.read);
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
      return void this.member.identities.refused();
    }
    if (LATER.has(error.code) || error.retry_after_s) return this.sender.wait((error.retry_after_s ?? 2) * 1000);
    this.sender.refuse(error.id, error.code);
  }

  /** The conversation is not (or no longer) ours: begin a new one; what was not sent goes there. */
  private startAfresh(): void {
    const refused = this.member.era.token;
    this.follow();
    if (this.state.elsewhere || this.member.era.token !== refused || refused === null) return; // Else the line closes and the usual waits apply.
    this.talk.blank();
    this.member.keep(null, 0);
    this.line.again();
  }
}

function nameOf(era: Record): string {
  return `${era.at}${era.by}`;
}
