import type { ClientFrame, Hello, Holder, Entry, ServerFrame, Welcome, Who } from './wire';

/** A live line to the gateway. It says hello by itself; `closed` is called once, whoever ended it. */
export interface Transport {
  send(frame: ClientFrame): void;
  /** Asks for a sign of life now; a line that gives none is closed. */
  check(): void;
  close(): void;
}

export interface Listener {
  frame(frame: ServerFrame): void;
  closed(): void;
}

export type OpenTransport = (server: string, hello: Hello, listener: Listener) => Transport;

export interface Timing {
  connectMs: number;
  pingMs: number;
  pongMs: number;
}

export const TIMING: Timing = { connectMs: 8_000, pingMs: 20_000, pongMs: 5_000 };

export function webSocketUrl(server: string): string {
  return server.replace(/^http/, 'ws') + '/ws/chat';
}

/** One WebSocket. A silent line is found by our ping and given up. */
export function openSocket(Socket: typeof WebSocket = WebSocket, timing: Timing = TIMING): OpenTransport {
  return (server, hello, listener) => {
    const socket = new Socket(webSocketUrl(server));
    let done = false;
    let timer = setTimeout(finish, timing.connectMs);
    function finish(): void {
      if (done) return;
      done = true;
      clearTimeout(timer);
      socket.close();
      listener.closed();
    }
    function send(frame: ClientFrame): void {
      if (socket.readyState === 1) socket.send(JSON.stringify(frame));
    }
    function check(): void {
      clearTimeout(timer);
      send({ type: 'ping' });
      timer = setTimeout(finish, timing.pongMs);
    }
    function heard(): void {
      clearTimeout(timer);
      timer = setTimeout(check, timing.pingMs);
    }
    socket.onopen = () => send(hello);
    socket.onmessage = (event: MessageEvent) => {
      const frame = parse(event.data);
      if (done || !frame) return;
      heard();
      listener.frame(frame);
    };
    socket.onclose = socket.onerror = finish;
    return { send, check, close: finish };
  };
}

function parse(data: unknown): ServerFrame | null {
  try {
    const frame = JSON.parse(String(data)) as ServerFrame;
    return typeof frame?.type === 'string' ? frame : null;
  } catch {
    return null;
  }
}

interface Refusal {
  error?: string;
  code?: string;
  message?: string;
  retry_after_s?: number;
}

interface News {
  entries: Entry[];
  holder: Holder;
  agent?: string;
  identity?: Who | null;
  typing?: { author: 'bot' | 'agent'; name?: string; on: boolean };
}

/** The same messages over plain HTTP, for networks that let no WebSocket through: hello, send, long poll. */
export const openPoll: OpenTransport = (server, hello, listener) => {
  const stop = new AbortController();
  let token = hello.token;
  let after = hello.after;
  let told = '';

  function finish(): void {
    if (stop.signal.aborted) return;
    stop.abort();
    listener.closed();
  }
  function tell(frame: ServerFrame): void {
    if (!stop.signal.aborted) listener.frame(frame);
  }
  async function call<Answer>(path: string, body?: unknown, id?: string): Promise<Answer | null> {
    const response = await fetch(server + path, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(body ? { 'Content-Type': 'application/json' } : {}),
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: stop.signal,
    });
    const answer = (await response.json()) as Answer & Refusal;
    if (response.ok) return answer;
    const code = answer.error ?? answer.code ?? 'bad_message';
    tell({ type: 'error', code, message: answer.message ?? '', ...(id ? { id } : {}),
      ...(answer.retry_after_s ? { retry_after_s: answer.retry_after_s } : {}) });
    return null;
  }
  async function greet(): Promise<boolean> {
    const welcome = await call<Welcome>('/api/chat/hello', hello);
    if (!welcome) return false;
    token = welcome.token;
    tell({ ...welcome, type: 'welcome' });
    return true;
  }
  async function poll(): Promise<void> {
    if (!(await greet())) return finish();
    while (!stop.signal.aborted) {
      const news = await call<News>(`/api/chat/entries?after=${after}&wait_s=25`);
      if (!news) return finish();
      for (const entry of news.entries) {
        after = Math.max(after, entry.seq);
        tell({ ...entry, type: 'entry' });
      }
      const { holder, agent = '', identity = null, typing } = news;
      if (typing) tell({ ...typing, type: 'typing' });
      const standing = JSON.stringify([holder, agent, identity]);
      if (standing === told) continue;
      told = standing;
      tell({ type: 'status', holder, name: agent });
      tell({ type: 'identity', identity });
    }
  }
  async function post(frame: ClientFrame): Promise<void> {
    if (frame.type === 'identity') {
      const answer = await call<{ identity: Who | null }>('/api/chat/identity', { token: frame.token });
      if (answer) tell({ type: 'identity', identity: answer.identity });
    }
    if (frame.type === 'typing' || frame.type === 'read') await call('/api/chat/notify', frame);
    if (frame.type !== 'message') return;
    const { type: _, ...message } = frame;
    const accepted = await call<{ id: string; seq: number; repeated: boolean }>('/api/chat/messages', message, frame.id);
    if (accepted) tell({ ...accepted, id: frame.id, type: 'accepted' });
  }
  let posted: Promise<void> = Promise.resolve();
  /** One after the other, as over a socket: who somebody is comes before what they say. */
  function send(frame: ClientFrame): void {
    posted = posted.then(() => post(frame)).catch(finish);
  }
  poll().catch(finish);
  return { send, check: () => undefined, close: finish };
};
