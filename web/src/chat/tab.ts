import type { Memory } from './memory';

interface Stamp {
  at: number;
  by: string;
  who: string | null;
}

const NAMES = ['unsent', 'draft'];
const OUT = 'out';

/** What a tab keeps of its own across reloads, of one era only: what is another's is thrown away at once. */
export class TabMemory implements Memory {
  readonly lasting: boolean;

  constructor(
    private readonly memory: Memory,
    private readonly key: string,
  ) {
    this.lasting = memory.lasting;
  }

  get(name: string): string | null {
    return this.memory.get(`${this.key}:${name}`);
  }

  set(name: string, value: string | null): void {
    this.memory.set(`${this.key}:${name}`, value);
  }

  /**
   * What is kept from now on belongs to this era, or to a page that was left out of it (`at` is then 0). A guest's words
   * stay, since a guest may sign in, and so do those of a page whose customer comes in again; all others go.
   */
  enter({ at, by, who }: Stamp): void {
    const kept = JSON.parse(this.get('era') ?? 'null') as Stamp | null;
    const same = kept?.at === at && kept.by === by && kept.who === who;
    if (kept && !same && kept.who !== null && !(kept.by === OUT && kept.who === who)) this.clear();
    this.set('era', JSON.stringify({ at, by, who }));
  }

  leave(who: string | null): void {
    this.enter({ at: 0, by: OUT, who });
  }

  private clear(): void {
    for (const name of NAMES) this.set(name, null);
  }
}
