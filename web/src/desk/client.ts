import { insert, uuid } from '../chat/log';
import type { Entry } from '../chat/wire';
import { Store } from '../lib/store';
import { call, DeskError, socketUrl, type Agent, type Details, type FloorState, type Session, type WrapUp } from './api';
import { apply, inLine, type Update } from './floor';

export interface Draft {
  id: string;
  text: string;
  failed: boolean;
}

export interface DeskState {
  phase: 'loading' | 'signed-out' | 'ready';
  agent: Agent | null;
  online: boolean;
  floor: FloorState;
  selected: string | null;
  /** What is known of each handoff that was looked at, by id. */
  details: Record<string, Details>;
  /** Messages of ours that the server has not confirmed, by handoff. */
  unsent: Record<string, Draft[]>;
  /** What was begun to be written, by handoff. */
  drafts: Record<string, string>;
  /** Customer lines since we last looked, by handoff. */
  unseen: Record<string, number>;
  typing: Record<string, boolean>;
  /** The newest thing worth telling, e.g. that a colleague was first. */
  notice: { code: string; detail: string; at: number } | null;
}

type Frame =
  | { type: 'floor'; seq: number; update: Update }
  | { type: 'entry'; handoff: string; entry: Entry }
  | { type: 'typing'; handoff: string; on: boolean };

const NO_FLOOR: FloorState = { seq: 0, waiting: [], mine: [], agents: [] };
const BLANK: DeskState = {
  phase: 'loading', agent: null, online: false, floor: NO_FLOOR, selected: null, details: {}, unsent: {}, drafts: {}, unseen: {}, typing: {}, notice: null,
};
const TYPING_SHOWN_MS = 8_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const PREVIEW_EVERY_MS = 4_000;
const ACTIVE_EVERY_MS = 30_000;
const DRAFTS = 'desk:drafts';

function savedDrafts(): Record<string, string> {
  try {
    const saved: unknown = JSON.parse(sessionStorage.getItem(DRAFTS) ?? '{}');
    return typeof saved === 'object' && saved ? (saved as Record<string, string>) : {};
  } catch {
    return {};
  }
}

/** The desk of one signed-in person: the floor, kept fresh, and the conversations they look at or hold. */
export class DeskClient extends Store<DeskState> {
  private socket: WebSocket | null = null;
  private attempts = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private fetching: Promise<void> | null = null;
  private stale = false;
  private readonly seen = new Map<string, number>();
  private typingTimers = new Map<string, ReturnType<typeof setTimeout>>();
  private typingSent = 0;
  private toldActive = 0;

  constructor() {
    super(BLANK);
    setInterval(() => void this.preview(), PREVIEW_EVERY_MS);
  }

  async start(): Promise<void> {
    try {
      const { agent } = await call<{ agent: Agent }>('me');
      await this.enter(agent);
    } catch (error) {
      if (error instanceof DeskError && error.status === 401) this.set({ phase: 'signed-out' });
      else this.retry = setTimeout(() => void this.start(), 2_000);
    }
  }

  /** Raises DeskError where name, password or code are wrong, and with `code_needed` where a code is wanted as well. */
  async signIn(name: string, password: string, code = ''): Promise<void> {
    const { agent } = await call<{ agent: Agent }>('sign-in', { name, password, ...(code ? { code } : {}) });
    await this.enter(agent);
  }

  async signOut(): Promise<void> {
    await call('sign-out', {}).catch(() => undefined);
    this.leave();
  }

  async setState(state: Agent['state']): Promise<void> {
    const { agent } = this.state;
    if (!agent) return;
    this.set({ agent: { ...agent, state } });
    await this.attempt(() => call('me/state', { state }));
  }

  select(id: string | null): void {
    this.set({ selected: id, unseen: id ? { ...this.state.unseen, [id]: 0 } : this.state.unseen });
    if (id) void this.load(id);
  }

  async accept(id: string): Promise<void> {
    const accepted = await this.attempt(() => call(`handoffs/${id}/accept`, {}), id);
    if (accepted === null) return void this.refresh();
    this.select(id);
    await this.refresh();
  }

  async say(handoff: string, text: string, id = uuid()): Promise<void> {
    const others = (this.state.unsent[handoff] ?? []).filter((each) => each.id !== id);
    this.drafts(handoff, [...others, { id, text, failed: false }]);
    this.typingSent = 0;
    try {
      const answer = await call<Entry & { entry?: Entry }>(`handoffs/${handoff}/messages`, { id, text });
      const entry = answer.entry ?? answer;
      this.drafts(handoff, this.state.unsent[handoff]?.filter((each) => each.id !== id) ?? []);
      if (entry.seq) this.onEntry(handoff, entry);
    } catch (error) {
      const drafts = this.state.unsent[handoff] ?? [];
      this.drafts(handoff, drafts.map((each) => (each.id === id ? { ...each, failed: true } : each)));
      this.failed(error);
    }
  }

  /** One line as it is stored; the server records who saw it and why. */
  async reveal(handoff: string, seq: number, reason: string): Promise<void> {
    const shown = await this.attempt(() => call<{ text: string }>(`handoffs/${handoff}/reveal`, { seq, reason }), handoff);
    const known = this.state.details[handoff];
    if (shown === null || !known) return;
    const entries = known.entries.map((each) => (each.seq === seq ? { ...each, text: shown.text, masked: [] } : each));
    this.set({ details: { ...this.state.details, [handoff]: { ...known, entries } } });
  }

  /** Kept while another conversation is looked at, and over a reload; not longer than this sign-in. */
  draft(handoff: string, text: string): void {
    const { [handoff]: _, ...others } = this.state.drafts;
    this.set({ drafts: text ? { ...others, [handoff]: text } : others });
    sessionStorage.setItem(DRAFTS, JSON.stringify(this.state.drafts));
  }

  async sessions(): Promise<Session[]> {
    return (await this.attempt(() => call<{ sessions: Session[] }>('sessions')))?.sessions ?? [];
  }

  async endSession(id: string): Promise<void> {
    await this.attempt(() => call(`sessions/${id}/end`, {}));
  }

  /** Somebody is at this page: the sign-in is not idle. */
  active(): void {
    const now = Date.now();
    if (now - this.toldActive < ACTIVE_EVERY_MS || this.socket?.readyState !== WebSocket.OPEN) return;
    this.toldActive = now;
    this.socket.send('{"type":"active"}');
  }

  typing(handoff: string, on: boolean): void {
    const now = Date.now();
    if (on ? now - this.typingSent < 4_000 : !this.typingSent) return;
    this.typingSent = on ? now : 0;
    call(`handoffs/${handoff}/typing`, { on }).catch(() => undefined);
  }

  async close(id: string, wrapUp: WrapUp): Promise<boolean> {
    return this.finish(id, 'close', wrapUp);
  }

  async giveBack(id: string, note: string): Promise<boolean> {
    return this.finish(id, 'give-back', { note });
  }

  async putBack(id: string): Promise<void> {
    await this.attempt(() => call(`handoffs/${id}/put-back`, {}), id);
    await this.refresh();
    await this.load(id);
  }

  /** From whoever has it to this agent. */
  async assign(id: string, agent: string): Promise<void> {
    await this.attempt(() => call(`handoffs/${id}/assign`, { agent_id: agent }), id);
    await this.refresh();
    await this.load(id);
  }

  dismiss(): void {
    this.set({ notice: null });
  }

  private async finish(id: string, verb: string, body: unknown): Promise<boolean> {
    const done = await this.attempt(() => call(`handoffs/${id}/${verb}`, body), id);
    if (done === null) return false;
    const { floor, selected } = this.state;
    this.set({ floor: { ...floor, mine: floor.mine.filter((each) => each.id !== id) }, selected: selected === id ? null : selected });
    void this.refresh();
    return true;
  }

  private async enter(agent: Agent): Promise<void> {
    this.set({ ...BLANK, phase: 'ready', agent, drafts: savedDrafts() });
    await this.refresh();
    this.connect();
  }

  private leave(): void {
    clearTimeout(this.retry);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    sessionStorage.removeItem(DRAFTS);
    this.set({ ...BLANK, phase: 'signed-out' });
  }

  private connect(): void {
    const socket = new WebSocket(socketUrl());
    this.socket = socket;
    socket.onopen = () => {
      this.attempts = 0;
      this.set({ online: true });
      void this.refresh(); // What happened while the line was down is in no update.
      if (this.state.selected) void this.load(this.state.selected);
    };
    socket.onmessage = (event: MessageEvent) => this.socket === socket && this.heard(JSON.parse(String(event.data)) as Frame);
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.set({ online: false });
      const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.attempts++) * (0.5 + Math.random() / 2);
      this.retry = setTimeout(() => void this.reconnect(), wait);
    };
  }

  /** A session may have ended meanwhile: ask before opening the next line. */
  private async reconnect(): Promise<void> {
    try {
      this.set({ agent: (await call<{ agent: Agent }>('me')).agent }); // Who was not heard of for long is offline now.
    } catch (error) {
      if (error instanceof DeskError && error.status === 401) return this.leave();
    }
    this.connect();
  }

  private heard(frame: Frame): void {
    if (frame.type === 'entry') this.onEntry(frame.handoff, frame.entry);
    else if (frame.type === 'typing') this.onTyping(frame.handoff, frame.on);
    else if (frame.type === 'floor') this.onFloor(frame.seq, frame.update);
  }

  private onFloor(seq: number, update: Update): void {
    const { agent } = this.state;
    const taken = update.kind === 'accepted' || update.kind === 'moved';
    const lost = taken && update.agent_id !== agent?.id && update.handoff_id === this.state.selected;
    if (lost && agent?.role === 'agent') {
      this.set({ selected: null });
      this.tell('taken', update.by ?? '');
    }
    const floor = agent?.role === 'agent' ? apply(this.state.floor, seq, update, agent.id) : null;
    if (!floor) return void this.refresh();
    this.set({ floor });
    if (update.agent?.id === agent?.id && update.agent) this.set({ agent: { ...agent, ...update.agent } as Agent });
  }

  private onEntry(handoff: string, entry: Entry): void {
    const known = this.state.details[handoff];
    if (known) this.set({ details: { ...this.state.details, [handoff]: { ...known, entries: insert(known.entries, entry) } } });
    const last = this.seen.get(handoff) ?? 0;
    this.seen.set(handoff, Math.max(last, entry.seq));
    if (entry.author !== 'customer' || entry.seq <= last) return;
    this.onTyping(handoff, false);
    const { selected, unseen } = this.state;
    if (selected !== handoff || document.visibilityState !== 'visible') {
      this.set({ unseen: { ...unseen, [handoff]: (unseen[handoff] ?? 0) + 1 } });
    }
  }

  private onTyping(handoff: string, on: boolean): void {
    clearTimeout(this.typingTimers.get(handoff));
    if (on) this.typingTimers.set(handoff, setTimeout(() => this.onTyping(handoff, false), TYPING_SHOWN_MS));
    this.set({ typing: { ...this.state.typing, [handoff]: on } });
  }

  private refresh(): Promise<void> {
    if (this.fetching) this.stale = true; // The answer under way may be older than the reason to ask.
    this.fetching ??= this.fetchFloor().finally(() => {
      this.fetching = null;
      if (this.stale) void this.refresh();
    });
    return this.fetching;
  }

  private async fetchFloor(): Promise<void> {
    this.stale = false;
    const floor = await this.attempt(() => call<FloorState>('floor'));
    if (!floor || floor.seq < this.state.floor.seq) return;
    this.set({ floor: { ...floor, waiting: inLine(floor.waiting) } });
    for (const { id } of floor.mine) if (!this.state.details[id]) void this.load(id);
  }

  private async load(id: string): Promise<void> {
    const details = await this.attempt(() => call<Details>(`handoffs/${id}`), id);
    if (details) {
      this.seen.set(id, Math.max(this.seen.get(id) ?? 0, details.entries.at(-1)?.seq ?? 0));
      this.set({ details: { ...this.state.details, [id]: details } });
    }
    if (details === null && this.state.selected === id && !this.state.details[id]) this.set({ selected: null });
  }

  /** What is only looked at is not pushed: ask for its news now and then. */
  private async preview(): Promise<void> {
    const { selected, floor, phase } = this.state;
    if (phase !== 'ready' || !selected || document.visibilityState !== 'visible') return;
    if (!floor.mine.some((each) => each.id === selected)) await this.load(selected);
  }

  /** The answer, or null after telling what went wrong. */
  private async attempt<Answer>(ask: () => Promise<Answer>, handoff?: string): Promise<Answer | null> {
    try {
      return await ask();
    } catch (error) {
      this.failed(error, handoff);
      return null;
    }
  }

  private failed(error: unknown, handoff?: string): void {
    if (!(error instanceof DeskError)) return this.tell('unreachable', '');
    if (error.status === 401) return this.leave();
    if (error.code === 'taken') return this.tell('taken', error.by);
    this.tell('refused', error.code);
    const gone = error.status === 404 || error.status === 403;
    if (gone && handoff && this.state.selected === handoff) this.set({ selected: null });
  }

  private tell(code: string, detail: string): void {
    this.set({ notice: { code, detail, at: Date.now() } });
  }

  private drafts(handoff: string, drafts: Draft[]): void {
    this.set({ unsent: { ...this.state.unsent, [handoff]: drafts } });
  }
}
