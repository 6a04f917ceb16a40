import { Timers } from '../lib/timers';
import { uuid } from './log';
import type { Memory } from './memory';
import { Outbox, type Unsent } from './outbox';
import { MAX_TEXT, type ClientFrame } from './wire';

export interface SenderEvents {
  /** The line is up and this tab may speak. */
  ready(): boolean;
  send(frame: ClientFrame): void;
  /** A message was not acknowledged in time: the line is dead. */
  silent(): void;
  changed(): void;
}

export interface SenderOptions {
  tab: Memory;
  ackMs: number;
  newId?: () => string;
}

/** Sends the customer's messages one after the other, each until it was accepted or refused for good. */
export class Sender {
  /** The server is too busy for us until then (milliseconds since the epoch). */
  busyUntil: number | null = null;
  private outbox: Outbox;
  private inFlight: string | null = null;
  private typingSent = 0;
  private readonly timers = new Timers();

  constructor(
    private readonly options: SenderOptions,
    private readonly events: SenderEvents,
  ) {
    this.outbox = new Outbox(options.tab, 'unsent');
  }

  get unsent(): Unsent[] {
    return this.outbox.all;
  }

  /** Nothing is under way. */
  get idle(): boolean {
    return !this.inFlight && !this.outbox.head;
  }

  get waiting(): boolean {
    return this.outbox.head !== undefined;
  }

  find(id: string): Unsent | undefined {
    return this.outbox.all.find((message) => message.id === id);
  }

  add(text: string, payload?: string): boolean {
    const trimmed = text.trim();
    if (!trimmed) return false;
    const id = this.options.newId?.() ?? uuid();
    this.outbox.add({ id, text: trimmed, ...(payload ? { payload } : {}), at: Date.now() / 1000, state: 'sending' });
    if (trimmed.length > MAX_TEXT) this.outbox.fail(id, 'too_long');
    this.typingSent = 0;
    this.events.changed();
    return true;
  }

  retry(id: string): void {
    this.outbox.retry(id);
    this.events.changed();
  }

  /** Takes a message that failed back, to be written differently. */
  discard(id: string): string {
    const text = this.find(id)?.text ?? '';
    this.outbox.remove(id);
    this.events.changed();
    return text;
  }

  /** Says at most every 4 s that the customer is typing, and once that they stopped. */
  typing(on: boolean): void {
    const now = Date.now();
    if (on ? now - this.typingSent < 4_000 : !this.typingSent) return;
    this.typingSent = on ? now : 0;
    if (this.events.ready()) this.events.send({ type: 'typing', on });
  }

  pump(): void {
    const head = this.outbox.head;
    if (!this.events.ready() || !head || this.inFlight || this.timers.has('again')) return;
    this.inFlight = head.id;
    this.timers.start('ack', this.options.ackMs, () => this.events.silent());
    const { id, text, payload } = head;
    this.events.send({ type: 'message', id, text, ...(payload ? { payload } : {}) });
  }

  /** The server has it. */
  settle(id: string): void {
    this.landed(id);
    if (!this.outbox.has(id)) return;
    this.outbox.remove(id);
    this.events.changed();
  }

  /** The server said no for good; `id` may be missing where only one can be meant. */
  refuse(id: string | undefined, code: string): void {
    const meant = id ?? this.inFlight;
    if (!meant || !this.outbox.has(meant)) return;
    this.outbox.fail(meant, code);
    this.landed(meant);
    this.events.changed();
    this.pump();
  }

  /** The server wants to be left alone for so long. */
  wait(ms: number): void {
    this.timers.stop('ack');
    this.busyUntil = Date.now() + ms;
    this.timers.start('again', ms, () => {
      this.inFlight = null;
      this.busyUntil = null;
      this.events.changed();
      this.pump();
    });
    this.events.changed();
  }

  /** The line is gone: what was in flight goes again over the next one. */
  down(): void {
    this.inFlight = null;
    this.timers.stop('ack');
  }

  /** What was kept for this tab may have become another's. */
  reload(): void {
    this.down();
    this.timers.stopAll();
    this.busyUntil = null;
    this.outbox = new Outbox(this.options.tab, 'unsent');
    this.events.changed();
  }

  private landed(id: string): void {
    if (this.inFlight !== id) return;
    this.inFlight = null;
    this.timers.stop('ack');
  }
}
