/** The host app's JWT for its customer, or how to ask for a fresh one; null when nobody is signed in. */
export type IdentitySource = string | null | (() => string | null | Promise<string | null>);

const EARLY_MS = 60_000;
const MOST_REFUSALS = 2;

/** Holds the customer's identity token and renews it before it ends, where the host told how. */
export class Identities {
  /** The page has said who is here, were it nobody. */
  said = false;
  /** The host could not be asked: nobody knows who is here. */
  silent = false;
  /** The host has not answered yet. */
  pending = false;
  /** Whom the newest token named, also after it was refused; null for a guest. */
  who: string | null = null;
  private source: IdentitySource = null;
  token: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private refusals = 0;
  private renewing: Promise<void> | null = null;

  /** `renewed`: another token came from the same source. */
  constructor(private readonly renewed: () => void) {}

  /** False where nothing is new. */
  use(source: IdentitySource): boolean {
    if (this.said && source === this.source) return false;
    clearTimeout(this.timer);
    this.said = true;
    this.silent = false;
    this.source = source;
    this.refusals = 0;
    this.renewing = null;
    this.token = null;
    this.pending = this.asks;
    if (typeof source !== 'function') this.take(source);
    return true;
  }

  /** It takes a question to the host to know. */
  get asks(): boolean {
    return typeof this.source === 'function';
  }

  async current(): Promise<string | null> {
    if (!this.token && this.asks && this.refusals <= MOST_REFUSALS) await this.renew();
    return this.token;
  }

  /** Asks the host again, where it can be asked. */
  async again(): Promise<string | null> {
    if (this.asks) await this.renew();
    return this.token;
  }

  /** The server did not take the token: ask the host for a better one, and without one go on unsigned. */
  async refused(): Promise<void> {
    this.token = null;
    if (!this.asks || ++this.refusals > MOST_REFUSALS) return;
    await this.renew();
    if (this.token) this.renewed();
  }

  private take(token: string | null): void {
    this.token = token;
    this.who = subject(token);
  }

  private renew(): Promise<void> {
    this.renewing ??= this.ask().finally(() => (this.renewing = null));
    return this.renewing;
  }

  private async ask(): Promise<void> {
    clearTimeout(this.timer);
    const source = this.source;
    if (typeof source !== 'function') return;
    const answer = await Promise.resolve().then(source).then((token) => ({ token }), () => null);
    if (source !== this.source) return;
    this.silent = answer === null;
    if (answer) this.take(answer.token || null);
    this.pending = !answer;
    const left = this.token ? expiresAt(this.token) - Date.now() : NaN;
    if (left > 2 * EARLY_MS) {
      this.timer = setTimeout(() => void this.renew().then(this.renewed), Math.min(left - EARLY_MS, 2 ** 31 - 1));
    }
  }
}

function claims(token: string): { exp?: unknown; sub?: unknown } {
  try {
    return JSON.parse(atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/'))) as { exp?: unknown };
  } catch {
    return {};
  }
}

/** A JWT's `exp` in milliseconds since the epoch, NaN if it has none. Not verified: the server does that. */
export function expiresAt(token: string): number {
  return Number(claims(token).exp) * 1000;
}

/** Whom a token names; somebody unknown where it cannot be read, which the server will refuse. */
export function subject(token: string | null): string | null {
  if (token === null) return null;
  const { sub } = claims(token);
  return typeof sub === 'string' && sub ? sub : '?';
}
