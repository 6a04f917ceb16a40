import type { Entry, Holder } from '../chat/wire';

/** What the desk's API speaks. Moments are seconds since the epoch. */

export interface Agent {
  id: string;
  name: string;
  role: 'agent' | 'supervisor';
  state: 'available' | 'away' | 'break' | 'offline';
  load: number;
  capacity: number;
  since: number;
}

export interface Guess {
  intent: string;
  confidence: number;
}

/** A waiting or running handoff as the floor lists it. */
export interface Summary {
  id: string;
  conversation_id: string;
  channel: string;
  language: string;
  queue: string;
  reason: string;
  priority: number;
  value?: number;
  value_currency?: string;
  waiting_since: number;
  due_at: number;
  summary: string;
  customer_name: string;
  intents: Guess[];
}

export interface Identity {
  customer_id: string;
  level: number;
  method: string;
  proven_at: number;
  expires_at: number;
  stepped_up_until: number;
  name: string;
}

export interface Tried {
  action: string;
  outcome: 'done' | 'failed' | 'refused';
  at: number;
  detail: string;
}

export interface Handoff extends Omit<Summary, 'customer_name'> {
  customer_name?: string;
  skills: string[];
  slots: Record<string, unknown>;
  identity: Identity | null;
  tried: Tried[];
  /** `summary` in each language of the desk. */
  summaries?: Record<string, string>;
}

/** Somebody's sign-in. */
export interface Session {
  id: string;
  agent_id: string;
  name: string;
  address: string;
  opened_at: number;
  seen_at: number;
  this: boolean;
}

export interface Details {
  handoff: Handoff;
  entries: Entry[];
  holder: Holder;
  agent: string | Agent | null;
}

export interface FloorState {
  seq: number;
  waiting: Summary[];
  mine: Summary[];
  agents: Agent[];
  /** Supervisors: handoffs that others have. */
  others?: Summary[];
}

export interface WrapUp {
  disposition: string;
  resolved: boolean;
  corrected_intent?: string;
  note: string;
}

/** A refusal: `code` is the server's, `by` the agent who was first where a handoff is taken. */
export class DeskError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly by = '',
    /** Seconds until another try makes sense. */
    readonly retryAfter = 0,
  ) {
    super(message);
  }
}

const BASE = new URL('/desk/', location.href);

export async function call<Answer>(path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(new URL(`api/${path}`, BASE), {
    method: body === undefined ? 'GET' : 'POST',
    headers: body === undefined ? {} : { 'Content-Type': 'application/json', 'X-Xiaoer-Desk': '1' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (response.ok) return answer as Answer;
  const [code, message, by] = [answer['error'] ?? response.status, answer['message'] ?? '', answer['by'] ?? ''].map(String);
  throw new DeskError(response.status, code!, message!, by, Number(answer['retry_after_s'] ?? 0));
}

export function socketUrl(): string {
  return new URL('ws', BASE).href.replace(/^http/, 'ws');
}
