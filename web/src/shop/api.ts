import type { Language } from '../lib/locale';
import { STORIES } from './strings';

export interface Customer {
  id: string;
  name: string;
  language: Language;
  story: Record<Language, string>;
}

export interface Sms {
  id: string;
  at: number;
  text: string;
}

type Raw = Record<string, unknown>;

async function get(path: string): Promise<unknown> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

function list(answer: unknown, name: string): Raw[] {
  const inside = Array.isArray(answer) ? answer : (answer as Raw)[name];
  return Array.isArray(inside) ? (inside as Raw[]) : [];
}

export async function customers(): Promise<Customer[]> {
  return list(await get('demo/customers'), 'customers').map((raw) => ({
    id: String(raw['customer_id'] ?? raw['id']),
    name: String(raw['name']),
    language: raw['language'] === 'zh' ? 'zh' : 'en',
    story: both(raw['story']),
  }));
}

/** A story is one text, or one in each language. */
function both(story: unknown): Record<Language, string> {
  if (typeof story === 'object' && story) return story as Record<Language, string>;
  const english = String(story ?? '');
  return { en: english, zh: STORIES[english] ?? english };
}

/** The token the shop's own server would sign for its signed-in customer. */
export async function signIn(id: string): Promise<string> {
  const response = await fetch('demo/sign-in', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ customer_id: id }),
  });
  if (!response.ok) throw new Error(`sign-in: ${response.status}`);
  return String(((await response.json()) as Raw)['token']);
}

/** What the customer's phone received, newest first. */
export async function phone(id: string): Promise<Sms[]> {
  const messages = list(await get(`demo/phone/${encodeURIComponent(id)}`), 'messages');
  return messages
    .map((raw) => ({ id: String(raw['id'] ?? raw['at']), at: Number(raw['at']), text: String(raw['text'] ?? '') }))
    .sort((one, other) => other.at - one.at);
}

/** The customer answers a text message. */
export async function reply(id: string, text: string): Promise<void> {
  const response = await fetch(`demo/phone/${encodeURIComponent(id)}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ text }),
  });
  if (!response.ok) throw new Error(`reply: ${response.status}`);
}

/** The word that a text message asks to have sent back: its "Reply STOP" or 回复“停止”. */
export function askedFor(text: string): string | null {
  const found = /\bReply ([A-Z]+)\b|回复“(.+?)”/.exec(text);
  return found ? (found[1] ?? found[2] ?? null) : null;
}
