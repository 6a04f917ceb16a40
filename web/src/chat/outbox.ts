import type { Memory } from './memory';

/** A message of the customer's that the server has not acknowledged yet. */
export interface Unsent {
  id: string;
  text: string;
  payload?: string;
  /** Seconds since the epoch, by this device's clock. */
  at: number;
  state: 'sending' | 'failed';
  /** The server's code, when it said no for good. */
  code?: string;
}

/**
 * The unsent messages in the order they were written, kept across reloads. The one at the head is sent, and sent again
 * under the same id after each reconnect, until the server accepts it; only then the next one goes. A message that was
 * refused for good steps aside until the customer tries again.
 */
export class Outbox {
  private messages: Unsent[];

  constructor(
    private readonly memory: Memory,
    private readonly key: string,
  ) {
    this.messages = restore(memory.get(key));
  }

  get all(): Unsent[] {
    return this.messages;
  }

  get head(): Unsent | undefined {
    return this.messages.find((message) => message.state === 'sending');
  }

  add(message: Unsent): void {
    this.keep([...this.messages, message]);
  }

  has(id: string): boolean {
    return this.messages.some((message) => message.id === id);
  }

  remove(id: string): void {
    if (this.has(id)) this.keep(this.messages.filter((message) => message.id !== id));
  }

  fail(id: string, code: string): void {
    this.keep(this.messages.map((each) => (each.id === id ? { ...each, state: 'failed', code } : each)));
  }

  retry(id: string): void {
    const message = this.messages.find((each) => each.id === id);
    if (!message) return;
    const { code: _, ...rest } = message;
    this.keep([...this.messages.filter((each) => each.id !== id), { ...rest, state: 'sending' }]);
  }

  clear(): void {
    this.keep([]);
  }

  private keep(messages: Unsent[]): void {
    this.messages = messages;
    this.memory.set(this.key, messages.length ? JSON.stringify(messages) : null);
  }
}

function restore(kept: string | null): Unsent[] {
  try {
    return kept ? (JSON.parse(kept) as Unsent[]) : [];
  } catch {
    return [];
  }
}
