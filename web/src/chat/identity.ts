/** The host app's JWT for its customer, or how to ask for a fresh one; null when nobody is signed in. */
export type IdentitySource = string | null | (() => string | null | Promise<string | null>);

const EARLY_MS = 60_000;
const MOST_REFUSALS = 2;

/** Holds the customer's identity token and renews it before it ends, where the host told how. */
export class Identities {
  private source: IdentitySource = null;
  private token: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private refusals = 0;
  private renewing: Promise<void> | null = null;

  constructor(private readonly changed: () => void) {}

  use(source: IdentitySource): void {
    clearTimeout(this.timer);
    const had = this.token;
    this.source = source;
    this.refusals = 0;
    this.token = typeof source === 'string' ? source : null;
    if (typeof source === 'function' || this.token !== had) this.changed();
  }

  async current(): Promise<string | null> {
    if (!this.token && typeof this.source === 'function' && this.refusals <= MOST_REFUSALS) await this.renew();
    return this.token;
  }

  /** The server did not take the token: ask the host for a better one, and without one go on unsigned. */
  async refused(): Promise<void> {
    this.token = null;
    if (typeof this.source !== 'function' || ++this.refusals > MOST_REFUSALS) return;
    await this.renew();
    if (this.token) this.changed();
  }

  private renew(): Promise<void> {
    this.renewing ??= this.ask().finally(() => (this.renewing = null));
    return this.renewing;
  }

  private async ask(): Promise<void> {
    clearTimeout(this.timer);
    const source = this.source;
    if (typeof source !== 'function') return;
    try {
      this.token = await source();
    } catch {
      this.token = null; // The host could not say: unsigned until it can.
    }
    const left = this.token ? expiresAt(this.token) - Date.now() : NaN;
    if (left > 2 * EARLY_MS) {
      this.timer = setTimeout(() => void this.renew().then(this.changed), Math.min(left - EARLY_MS, 2 ** 31 - 1));
    }
  }
}

/** A JWT's `exp` in milliseconds since the epoch, NaN if it has none. Not verified: the server does that. */
export function expiresAt(token: string): number {
  try {
    const claims = JSON.parse(atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')));
    return Number(claims.exp) * 1000;
  } catch {
    return NaN;
  }
}
