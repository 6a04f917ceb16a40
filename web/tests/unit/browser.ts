import { ChatClient } from '../../src/chat/client';
import type { IdentitySource } from '../../src/chat/identity';
import type { Memory } from '../../src/chat/memory';
import type { Listener, OpenTransport, Transport } from '../../src/chat/transport';
import type { ClientFrame, Entry, Hello, ServerFrame } from '../../src/chat/wire';

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function jwt(sub: string): string {
  return `h.${btoa(JSON.stringify({ sub, name: sub }))}.s`;
}

interface Conversation {
  token: string;
  customer: string | null;
  log: Entry[];
  lines: Set<Line>;
}

interface Line {
  listener: Listener;
  conversation: Conversation | null;
  open: boolean;
}

/** A gateway in memory, which answers each message, late and in its order. */
export class World {
  readonly conversations = new Map<string, Conversation>();
  readonly revoked = new Set<string>();
  /** Whose conversation it was when a line was written. */
  readonly owners = new Map<string, string | null>();
  up = true;
  private readonly lines = new Set<Line>();
  private made = 0;

  constructor(private readonly chance: () => number) {}

  opener(online: () => boolean): OpenTransport {
    return (_server, hello, listener): Transport => {
      const line: Line = { listener, conversation: null, open: true };
      this.lines.add(line);
      const close = () => this.close(line);
      let free = 0; // What is sent over one line arrives in its order.
      const later = (act: () => void) => {
        free = Math.max(free, Date.now() + 1 + this.chance() * 30);
        setTimeout(() => (this.up && online() ? line.open && act() : close()), free - Date.now());
      };
      later(() => this.greet(line, hello));
      return { send: (frame) => void later(() => this.take(line, frame)), check: () => void later(() => undefined), close };
    };
  }

  restart(): void {
    for (const line of [...this.lines]) this.close(line);
  }

  revoke = (_server: string, token: string): void => {
    this.revoked.add(token);
    setTimeout(() => {
      for (const line of this.conversations.get(token)?.lines ?? []) this.refuse(line, 'not_yours');
    }, this.chance() * 40);
  };

  private close(line: Line): void {
    if (!line.open) return;
    line.open = false;
    this.lines.delete(line);
    line.conversation?.lines.delete(line);
    line.listener.closed();
  }

  private tell(line: Line, frame: ServerFrame): void {
    if (line.open) line.listener.frame(frame);
  }

  private refuse(line: Line, code: string): void {
    this.tell(line, { type: 'error', code, message: '' });
    this.close(line);
  }

  private greet(line: Line, hello: Hello): void {
    const who = hello.identity ? (JSON.parse(atob(hello.identity.split('.')[1]!)) as { sub: string }).sub : null;
    let conversation = hello.token ? this.conversations.get(hello.token) : undefined;
    if (hello.token && (!conversation || this.revoked.has(hello.token))) return this.refuse(line, 'not_yours');
    if (!conversation) {
      conversation = { token: `T${++this.made}`, customer: null, log: [], lines: new Set() };
      this.conversations.set(conversation.token, conversation);
    }
    if (who && conversation.customer && conversation.customer !== who) return this.refuse(line, 'identity_other_customer');
    line.conversation = conversation;
    conversation.lines.add(line);
    if (who) this.bind(conversation, who);
    const { token, log, customer } = conversation;
    const identity = customer ? { name: customer, level: 1 } : null;
    this.tell(line, { type: 'welcome', token, resumed: !!hello.token, seq: log.length, holder: 'bot', identity });
    for (const entry of log.slice(hello.after)) this.tell(line, { type: 'entry', ...entry });
  }

  private bind(conversation: Conversation, who: string): void {
    if (conversation.customer === who) return;
    conversation.customer = who;
    for (const line of conversation.lines) this.tell(line, { type: 'identity', identity: { name: who, level: 1 } });
  }

  private take(line: Line, frame: ClientFrame): void {
    const { conversation } = line;
    if (!conversation) return;
    if (this.revoked.has(conversation.token)) return this.refuse(line, 'not_yours');
    if (frame.type === 'identity' && frame.token) {
      const who = (JSON.parse(atob(frame.token.split('.')[1]!)) as { sub: string }).sub;
      if (conversation.customer && conversation.customer !== who) return this.tell(line, { type: 'error', code: 'identity_other_customer', message: '' });
      this.bind(conversation, who);
    }
    if (frame.type === 'message') this.accept(line, conversation, frame);
  }

  private accept(line: Line, conversation: Conversation, { id, text }: { id: string; text: string }): void {
    const known = conversation.log.find((entry) => entry.id === id);
    if (!known) {
      this.append(conversation, { author: 'customer', text, id });
      setTimeout(() => this.append(conversation, { author: 'bot', text: `answer to ${text}` }), this.chance() * 60);
    }
    const seq = known?.seq ?? conversation.log.find((entry) => entry.id === id)!.seq;
    if (this.chance() < 0.15) return this.close(line); // Accepted, and the acknowledgement was lost.
    this.tell(line, { type: 'accepted', id, seq, repeated: !!known });
  }

  private append(conversation: Conversation, more: Partial<Entry> & { author: Entry['author']; text: string }): void {
    const entry: Entry = { seq: conversation.log.length + 1, at: Date.now() / 1000, ...more };
    conversation.log.push(entry);
    this.owners.set(entry.text, conversation.customer);
    for (const line of [...conversation.lines]) this.tell(line, { type: 'entry', ...entry });
  }
}

/** Storage as processes of one browser see it: their own writes at once, those of others a little later. */
export class SharedStorage {
  readonly truth = new Map<string, string>();
  private readonly views = new Set<{ cache: Map<string, string>; changed(): void }>();

  constructor(private readonly chance: () => number) {}

  view(changed: () => void): Memory & { close(): void } {
    const view = { cache: new Map(this.truth), changed };
    this.views.add(view);
    return {
      lasting: true,
      get: (key) => view.cache.get(key) ?? null,
      set: (key, value) => {
        if (value === null) view.cache.delete(key);
        else view.cache.set(key, value);
        this.put(key, value, view);
      },
      close: () => void this.views.delete(view),
    };
  }

  clear(): void {
    for (const key of [...this.truth.keys()]) this.put(key, null, null);
  }

  private put(key: string, value: string | null, by: object | null): void {
    if (value === null) this.truth.delete(key);
    else this.truth.set(key, value);
    for (const view of this.views) if (view !== by) setTimeout(() => this.show(view, key), this.chance() * 40);
  }

  private show(view: { cache: Map<string, string>; changed(): void }, key: string): void {
    const value = this.truth.get(key);
    if (!this.views.has(view) || view.cache.get(key) === value) return;
    if (value === undefined) view.cache.delete(key);
    else view.cache.set(key, value);
    view.changed();
  }
}

/** Several tabs of one browser, each with the real client. */
export class Browser {
  readonly storage: SharedStorage;
  readonly tabs: Tab[] = [];
  online = true;
  /** The host's own session, as a cookie: what pages that ask their server are told. */
  session: string | null = null;
  private held: Promise<void> = Promise.resolve();

  constructor(readonly world: World, readonly chance: () => number) {
    this.storage = new SharedStorage(chance);
  }

  open(asks: boolean): Tab {
    const tab = new Tab(this, asks);
    this.tabs.push(tab);
    return tab;
  }

  alone = (work: () => Promise<void>): Promise<void> => {
    const mine = this.held.then(work);
    this.held = mine.catch(() => undefined);
    return mine;
  };
}

export class Tab {
  readonly kept = new Map<string, string>();
  client!: ChatClient;
  /** What the page last said of who is here. */
  page: string | null = null;
  /** Lines shown that were not the page's own to show. */
  readonly leaks: string[] = [];
  /** When the clients of this tab opened connections, one list a load. */
  readonly opened: number[][] = [];
  private memory: (Memory & { close(): void }) | null = null;
  private stop: () => void = () => undefined;

  /** `asks`: its page asks the host's server for the customer, else it holds a token of its own. */
  constructor(private readonly browser: Browser, readonly asks: boolean) {
    this.page = asks ? browser.session : null;
    this.load();
  }

  load(): void {
    this.unload();
    const { world, chance, storage } = this.browser;
    const memory = storage.view(() => client.follow());
    this.memory = memory;
    const open = world.opener(() => this.browser.online);
    const times: number[] = [];
    this.opened.push(times);
    const opener: OpenTransport = (...args) => {
      times.push(Date.now());
      return open(...args);
    };
    const client = new ChatClient({
      server: 'http://sim', locale: 'en', lasting: memory, channel: null, alone: this.browser.alone, revoke: world.revoke,
      tab: {
        lasting: true,
        get: (key) => this.kept.get(key) ?? null,
        set: (key, value) => void (value === null ? this.kept.delete(key) : this.kept.set(key, value)),
      },
      openers: { socket: opener, poll: opener }, newId: () => `m${Math.floor(chance() * 2 ** 50)}`,
    });
    this.client = client;
    this.stop = client.subscribe(() => this.watch());
    client.setIdentity(this.source());
    client.resume();
  }

  unload(): void {
    this.stop();
    this.memory?.close();
    if (this.client) silence(this.client);
  }

  signIn(who: string): void {
    if (this.asks) this.browser.session = who;
    this.page = this.asks ? this.page : who;
    this.client.setIdentity(this.source());
  }

  signOut(): void {
    if (this.asks) this.browser.session = null;
    this.page = null;
    this.client.reset();
  }

  /** What the page says for sure; undefined where its answer is still to come. */
  get says(): string | null | undefined {
    return this.asks && this.page !== this.browser.session ? undefined : this.page;
  }

  private source(): IdentitySource {
    if (!this.asks) return this.page && jwt(this.page);
    return async () => {
      await new Promise((done) => setTimeout(done, this.browser.chance() * 30));
      this.page = this.browser.session;
      return this.page && jwt(this.page);
    };
  }

  private watch(): void {
    for (const entry of this.client.state.entries) {
      const owner = this.browser.world.owners.get(entry.text) ?? null;
      if (owner !== null && owner !== this.page) this.leaks.push(`${entry.text} of ${owner} where the page says ${this.page}`);
    }
  }
}

/** A page that is gone runs nothing more. */
function silence(client: ChatClient): void {
  const inside = client as unknown as { line: { hangUp(): void }; leave(): void; turns: { pass(): void }; follow(): void; open(): void };
  inside.turns.pass();
  inside.line.hangUp();
  inside.follow = inside.open = () => undefined;
}
