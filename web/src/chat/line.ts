import { Timers } from '../lib/timers';
import { Ceiling } from './ceiling';
import type { OpenTransport, Transport } from './transport';
import type { ClientFrame, Hello, ServerFrame } from './wire';

export interface LineEvents {
  /** What to say first; asked at every connect. `later`: the usual wait and again; `stop`: nothing is to be said. */
  hello(): Promise<Hello | 'later' | 'stop'>;
  frame(frame: ServerFrame): void;
  down(): void;
  /** Nothing is in flight: a moment to change to a better line. */
  idle(): boolean;
  /** The server asked not to be called again for so long. */
  pauseMs(): number;
}

export interface LineOptions {
  server: string;
  openers: { socket: OpenTransport; poll: OpenTransport };
  backoffMs: { first: number; most: number };
  opensPerMinute: number;
}

/** Sockets that failed in a row before HTTP is tried, and how long HTTP is kept before sockets are tried again. */
const SOCKET_TRIES = 2;
const HTTP_FIRST_MS = 120_000;
const HTTP_MOST_MS = 1_800_000;
/** A line that held so long is taken for sound: the next reconnect waits little again. */
const STEADY_MS = 5_000;

/** A connection that is made again whenever it ends, over a WebSocket where one gets through, else over HTTP. */
export class Line {
  /** The server has said welcome. */
  up = false;
  private transport: Transport | null = null;
  private opening = 0;
  private attempts = 0;
  private socketFailures = 0;
  private overHttp = false;
  private httpMs = HTTP_FIRST_MS;
  private readonly timers = new Timers();
  private readonly opens: Ceiling;

  constructor(
    private readonly options: LineOptions,
    private readonly events: LineEvents,
  ) {
    this.opens = new Ceiling(options.opensPerMinute, 60_000);
  }

  /** There is a connection, or one is being made. */
  get connected(): boolean {
    return this.transport !== null;
  }

  async open(): Promise<void> {
    const opening = ++this.opening;
    const early = this.opens.waitMs();
    if (early) return this.timers.start('reconnect', early, () => void this.open());
    this.timers.stop('reconnect');
    const hello = await this.events.hello();
    if (opening !== this.opening || this.transport || hello === 'stop') return;
    if (hello === 'later') return this.retry();
    this.opens.count();
    const { server, openers } = this.options;
    this.overHttp = this.socketFailures >= SOCKET_TRIES;
    const transport: Transport = (this.overHttp ? openers.poll : openers.socket)(server, hello, {
      frame: (frame) => this.transport === transport && this.heard(frame),
      closed: () => this.transport === transport && this.lost(),
    });
    this.transport = transport;
  }

  /** Nothing is sent before the welcome, or while the line is down. */
  send(frame: ClientFrame): void {
    if (this.up) this.transport?.send(frame);
  }

  /** Gives a line up that does not answer; a new one is made. */
  drop(): void {
    this.transport?.close();
  }

  /** Something suggests that the line may be dead: find out now. */
  check(): void {
    if (this.up) this.transport?.check();
  }

  /** Begins again with another hello, after a wait that grows with each time. */
  again(): void {
    const { transport } = this;
    this.transport = null;
    transport?.close();
    this.retry();
  }

  /** Ends it for good, until it is opened again. */
  hangUp(): void {
    const { transport } = this;
    this.transport = null;
    this.up = false;
    this.opening++;
    this.timers.stopAll();
    transport?.close();
  }

  private heard(frame: ServerFrame): void {
    if (frame.type === 'welcome') this.welcomed();
    this.events.frame(frame);
  }

  private welcomed(): void {
    this.up = true;
    this.timers.start('steady', STEADY_MS, () => (this.attempts = 0));
    if (this.overHttp) return this.timers.start('better', this.httpMs, () => this.tryBetter());
    this.socketFailures = 0;
    this.httpMs = HTTP_FIRST_MS;
  }

  /** HTTP works, a socket would be quicker: try one now and then, less and less often. */
  private tryBetter(): void {
    if (!this.events.idle()) return this.timers.start('better', 1_000, () => this.tryBetter());
    this.httpMs = Math.min(HTTP_MOST_MS, this.httpMs * 2);
    this.hangUp();
    this.socketFailures = SOCKET_TRIES - 1;
    void this.open();
  }

  private lost(): void {
    if (!this.up) this.socketFailures = this.overHttp ? 0 : this.socketFailures + 1;
    this.retry();
  }

  private retry(): void {
    this.transport = null;
    this.up = false;
    this.timers.stop('steady', 'better');
    this.events.down();
    const { first, most } = this.options.backoffMs;
    const wait = Math.min(most, first * 2 ** this.attempts++) * (0.5 + Math.random() / 2);
    this.timers.start('reconnect', Math.max(wait, this.events.pauseMs()), () => void this.open());
  }
}
