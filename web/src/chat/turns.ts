import type { Memory } from './memory';

/** Runs one at a time over all tabs. */
export type Alone = (work: () => Promise<void>) => Promise<void>;

const TURN_MS = 10_000;

/** One tab at a time opens a conversation: the others then find it. Neither a turn nor the wait for one is endless. */
export class Turns {
  private taken = 0;
  private end: (() => void) | null = null;

  constructor(private readonly alone: Alone) {}

  take(): Promise<void> {
    this.pass();
    const mine = ++this.taken;
    return new Promise((entered) => {
      const late = setTimeout(entered, TURN_MS);
      void this.alone(() => new Promise<void>((done) => {
        clearTimeout(late);
        entered();
        if (mine !== this.taken) return done();
        const end = setTimeout(done, TURN_MS);
        this.end = () => { clearTimeout(end); done(); };
      }));
    });
  }

  pass(): void {
    this.taken++;
    this.end?.();
    this.end = null;
  }
}

const SETTLE_MS = 60;
const HELD_MS = 10_000;

/** By Web Locks; on pages without them (plain HTTP) by a mark in storage that has to stay for a moment. */
export function oneAtATime(name: string, memory: Memory, tab: string): Alone {
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
  if (locks) return (work) => locks.request(name, work);
  return async (work) => {
    await mark(name, memory, tab);
    await work().finally(() => {
      if (memory.get(name)?.startsWith(`${tab} `)) memory.set(name, null);
    });
  };
}

async function mark(name: string, memory: Memory, tab: string): Promise<void> {
  for (;;) {
    const [holder, until] = (memory.get(name) ?? ' 0').split(' ');
    if (holder === tab) return;
    if (Number(until) < Date.now()) memory.set(name, `${tab} ${Date.now() + HELD_MS}`);
    await new Promise((done) => setTimeout(done, SETTLE_MS * (1 + Math.random())));
  }
}
