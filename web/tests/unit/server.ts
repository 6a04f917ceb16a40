import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { WebSocket, WebSocketServer } from 'ws';

import type { Memory } from '../../src/chat/memory';
import { ChatClient, type ChatOptions } from '../../src/chat/client';
import { openPoll, openSocket } from '../../src/chat/transport';
import type { ClientFrame, Entry, Hello, ServerFrame } from '../../src/chat/wire';

/** A gateway of one conversation a token, over real sockets and real HTTP, which can be made to misbehave. */
export class ChatServer {
  readonly hellos: Hello[] = [];
  readonly frames: ClientFrame[] = [];
  readonly logs = new Map<string, Entry[]>();
  /** Answers to the next messages, instead of accepting them. */
  readonly refusals: ((id: string) => ServerFrame | 'hang up before' | 'hang up after')[] = [];
  /** Refuses hellos with this code. */
  refuseHello: ((hello: Hello) => string | null) | null = null;
  sockets = true;
  /** Who types, to be told to the next poll. */
  typing: { author: 'agent'; name: string; on: boolean } | null = null;
  private readonly lines = new Map<WebSocket, string>();

  private constructor(private readonly http: Server) {
    const upgrades = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request, socket, head) => {
      if (!this.sockets) return socket.destroy();
      upgrades.handleUpgrade(request, socket, head, (line) => this.serve(line));
    });
    http.on('request', (request, response) => {
      void this.answer(request).then(([status, body]) => {
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
      });
    });
  }

  static async start(): Promise<ChatServer> {
    const http = createServer();
    await new Promise<void>((ready) => http.listen(0, ready));
    return new ChatServer(http);
  }

  get url(): string {
    return `http://localhost:${(this.http.address() as AddressInfo).port}`;
  }

  log(token = 'T1'): Entry[] {
    return this.logs.get(token) ?? [];
  }

  /** Appends a line and tells everybody connected. */
  say(text: string, more: Partial<Entry> = {}, token = 'T1'): void {
    const log = this.logs.get(token)!;
    const entry: Entry = { seq: log.length + 1, at: 1, author: 'bot', text, ...more };
    log.push(entry);
    for (const [line, of] of this.lines) if (of === token) line.send(JSON.stringify({ type: 'entry', ...entry }));
  }

  hangUp(): void {
    for (const line of this.lines.keys()) line.terminate();
    this.lines.clear();
  }

  async stop(): Promise<void> {
    this.hangUp();
    this.http.closeAllConnections();
    await new Promise((done) => this.http.close(done));
  }

  private serve(line: WebSocket): void {
    line.on('message', (data) => {
      const frame = JSON.parse(String(data)) as ClientFrame;
      if (frame.type === 'hello') return this.greet(line, frame);
      this.frames.push(frame);
      if (frame.type === 'message') this.take(line, frame);
    });
    line.on('close', () => this.lines.delete(line));
  }

  private welcome(hello: Hello): Extract<ServerFrame, { type: 'welcome' }> {
    this.hellos.push(hello);
    const token = hello.token ?? `T${this.logs.size + 1}`;
    if (!this.logs.has(token)) this.logs.set(token, []);
    return { type: 'welcome', token, resumed: !!hello.token, seq: this.log(token).length, holder: 'bot', identity: null };
  }

  private greet(line: WebSocket, hello: Hello): void {
    const code = this.refuseHello?.(hello);
    if (code) {
      line.send(JSON.stringify({ type: 'error', code, message: '' }));
      return line.close();
    }
    const welcome = this.welcome(hello);
    this.lines.set(line, welcome.token);
    line.send(JSON.stringify(welcome));
    for (const entry of this.log(welcome.token).slice(hello.after)) line.send(JSON.stringify({ type: 'entry', ...entry }));
  }

  private take(line: WebSocket, frame: { id: string; text: string }): void {
    const refusal = this.refusals.shift()?.(frame.id);
    if (refusal === 'hang up before') return line.terminate();
    if (typeof refusal === 'object') return line.send(JSON.stringify(refusal));
    const accepted = this.accept(this.lines.get(line)!, frame);
    if (refusal === 'hang up after') return line.terminate();
    line.send(JSON.stringify({ type: 'accepted', ...accepted }));
  }

  private accept(token: string, { id, text }: { id: string; text: string }): { id: string; seq: number; repeated: boolean } {
    const before = this.log(token).find((entry) => entry.id === id);
    if (!before) this.say(text, { author: 'customer', id }, token);
    return { id, seq: before?.seq ?? this.log(token).length, repeated: !!before };
  }

  private async answer(request: IncomingMessage): Promise<[number, unknown]> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : null;
    const url = new URL(request.url!, this.url);
    const token = request.headers.authorization?.slice(7) ?? '';
    if (url.pathname === '/api/chat/hello') return [200, this.welcome(body as Hello)];
    if (url.pathname === '/api/chat/notify') return this.frames.push(body as ClientFrame), [200, {}];
    if (url.pathname === '/api/chat/reset') return [this.logs.delete(token) ? 200 : 403, {}];
    if (url.pathname === '/api/chat/messages') return [200, this.accept(token, body)];
    const after = Number(url.searchParams.get('after'));
    for (let tries = 0; tries < 50 && this.log(token).length <= after && !this.typing; tries++) await new Promise((done) => setTimeout(done, 10));
    const { typing } = this;
    this.typing = null;
    return [200, { entries: this.log(token).slice(after), holder: 'bot', agent: '', identity: null, ...(typing ? { typing } : {}) }];
  }
}

export function shelf(): Memory {
  const kept = new Map<string, string>();
  return {
    lasting: true,
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => void (value === null ? kept.delete(key) : kept.set(key, value)),
  };
}

/** A client in a hurry, on the real transports. */
export function client(server: ChatServer, more: Partial<ChatOptions> = {}): ChatClient {
  let count = 0;
  return new ChatClient({
    server: server.url, locale: 'en', lasting: shelf(), tab: shelf(), backoffMs: { first: 5, most: 20 }, ackMs: 2_000, newId: () => `m${++count}`,
    openers: { socket: openSocket(WebSocket as unknown as typeof globalThis.WebSocket), poll: openPoll }, ...more,
  });
}
