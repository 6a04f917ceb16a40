import { sameEra, verdict, type Here, type Record } from './here';
import { Identities, type IdentitySource } from './identity';
import type { TabMemory } from './tab';

export interface MemberEvents {
  /** Nothing of the conversation may stay. */
  leave(): void;
  /** In this record's conversation; `moved`: of another era than before. */
  joined(record: Record, moved: boolean): void;
  /** Another tab has another customer. */
  left(): void;
  read(seq: number): void;
  hide(on: boolean): void;
  /** The page's customer is known (again). */
  known(): void;
  revoke(token: string): void;
}

const ASK_AGAIN_MS = 5_000;

/** Which era this tab is in: what its page says of who is here, held against what all tabs agree on. */
export class Member {
  /** The record of the era this tab is in. */
  era: Record;
  readonly identities: Identities;
  /** The page has said who is here, and it was not yet held against the record. */
  private fresh = true;
  private asking = 0;
  /** The era that left this tab out. */
  private outBy: Record | null = null;

  constructor(
    private readonly here: Here,
    private readonly tab: TabMemory,
    private readonly events: MemberEvents,
  ) {
    this.identities = new Identities(() => this.renewed());
    this.era = here.look();
    tab.enter(this.era);
  }

  /** The page says who is here. While the host is asked, nothing of a customer's is shown. */
  use(source: IdentitySource): void {
    this.follow(0);
    if (!this.identities.use(source)) return;
    this.fresh = true;
    if (this.identities.asks) this.events.hide(this.era.who !== null);
    else this.settle();
    void this.ask();
  }

  reset(): void {
    this.asking++;
    this.identities.use(null);
    this.fresh = false;
    this.claim(null);
  }

  /** Another tab may have changed who is here, or have opened, read or forgotten the conversation. */
  follow(read: number): void {
    const record = this.here.look();
    if (sameEra(record, this.era) && record.token === this.era.token) {
      return record.read > read ? this.events.read(record.read) : undefined;
    }
    if (this.outBy && sameEra(record, this.outBy)) return;
    if (record.who === this.page) return this.join(record);
    this.out(record);
    if (this.identities.asks) void this.identities.again().then(() => this.rejoin());
  }

  /** Before a hello. `unsaid`: a customer's conversation is here, and the page has not said that it is theirs. */
  async identify(wanted: boolean): Promise<'known' | 'silent' | 'unsaid'> {
    await this.identities.current();
    const { who } = this.here.look();
    if (this.identities.silent && who !== null) return 'silent';
    if (!this.identities.said && who !== null && !wanted) return 'unsaid';
    this.settle();
    return 'known';
  }

  /** The server names a customer: true where that cannot be the page's, which is then out. */
  doubt(read: number): boolean {
    if (this.page !== null || this.identities.pending) return false;
    this.follow(read);
    if (this.page === null && !this.outBy) this.out(this.here.look());
    return this.outBy !== null;
  }

  /** False where this tab's era is over: it then follows the newer one. */
  keep(token: string | null, read: number): boolean {
    const kept = this.here.keep(this.era, token, read);
    if (kept) this.era = this.here.look();
    else this.follow(read);
    return kept;
  }

  private get page(): string | null {
    return this.identities.who;
  }

  private settle(): void {
    const record = this.here.look();
    const fresh = this.fresh && sameEra(record, this.outBy ?? this.era);
    this.fresh = false;
    switch (verdict(this.page, record, fresh)) {
      case 'join': return this.join(record);
      case 'adopt': return this.adopt(record.token);
      case 'claim': return this.claim(this.page);
      case 'out': return this.out(record);
    }
  }

  private join(record: Record): void {
    const moved = !sameEra(record, this.era) || this.outBy !== null;
    if (record.token !== this.era.token) this.events.leave();
    if (moved) this.tab.enter(record);
    this.era = record;
    this.outBy = null;
    this.events.hide(false);
    this.events.joined(record, moved);
  }

  private out(record: Record): void {
    this.fresh = false;
    this.outBy = record;
    this.tab.leave(this.page);
    this.events.leave();
    this.events.left();
  }

  private claim(who: string | null): void {
    const { token } = this.here.look();
    if (token) this.events.revoke(token);
    this.events.leave();
    this.join(this.here.claim(who, null));
  }

  /** A guest signs in. Shown again is what the server gives to this customer: another tab's may have been quicker. */
  private adopt(token: string | null): void {
    this.events.leave();
    this.join(this.here.claim(this.page, token));
  }

  private async ask(): Promise<void> {
    const asked = ++this.asking;
    await this.identities.current();
    if (asked !== this.asking) return;
    if (this.identities.silent) return void setTimeout(() => asked === this.asking && void this.ask(), ASK_AGAIN_MS);
    this.settle();
    this.events.known();
  }

  /** The same source gave another token: what it says is news, unless another tab had the last word. */
  private renewed(): void {
    this.follow(0);
    this.fresh = this.outBy === null;
    void this.ask();
  }

  /** The host was asked again, and may now say what the other tabs say. */
  private rejoin(): void {
    const record = this.here.look();
    if (this.identities.silent) return;
    if (record.who !== this.page) return this.out(record);
    if (this.outBy) this.join(record);
  }
}
