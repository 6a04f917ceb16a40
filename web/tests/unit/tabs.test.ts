import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Browser, random, World, type Tab } from './browser';

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
afterEach(() => void vi.useRealTimers().restoreAllMocks());

/** By then every tab has heard what another one did. */
const HEARD_MS = 150;

interface Sent {
  text: string;
  tab: Tab;
  page: string | null;
  at: number;
}

/** One random life of a browser: what was done, said and seen. */
class Life {
  readonly chance: () => number;
  readonly world: World;
  readonly browser: Browser;
  readonly sent: Sent[] = [];
  readonly done: string[] = [];
  /** When somebody last changed who is here, in any tab. */
  private changed = 0;

  constructor(readonly seed: number) {
    this.chance = random(seed);
    vi.spyOn(Math, 'random').mockImplementation(this.chance);
    vi.spyOn(crypto, 'randomUUID').mockImplementation(() => `0-0-0-0-${Math.floor(this.chance() * 2 ** 40)}`);
    this.world = new World(this.chance);
    this.browser = new Browser(this.world, this.chance);
  }

  async live(steps: number): Promise<void> {
    this.browser.open(this.chance() < 0.5);
    this.browser.open(this.chance() < 0.5);
    for (let step = 0; step < steps; step++) {
      this.act();
      await vi.advanceTimersByTimeAsync(this.chance() < 0.6 ? this.chance() * 60 : this.chance() * 3_000);
    }
    this.browser.online = true;
    this.world.up = true;
    for (const tab of this.browser.tabs) tab.client.wake();
    await vi.advanceTimersByTimeAsync(15 * 60_000);
  }

  private act(): void {
    const { tabs } = this.browser;
    const index = Math.floor(this.chance() * tabs.length);
    const tab = tabs[index]!;
    const note = (what: string) => this.done.push(`${what} in ${index}`);
    const roll = this.chance();
    if (roll < 0.35) return note('send'), this.send(tab);
    if (roll < 0.5) return note('sign in'), this.change(), tab.signIn(this.chance() < 0.5 ? 'A' : 'B');
    if (roll < 0.6) return note('sign out'), this.change(), tab.signOut();
    if (roll < 0.7) return note('reload'), this.change(), tab.load();
    if (roll < 0.77 && tabs.length < 4) return note('open'), this.change(), void this.browser.open(this.chance() < 0.5);
    if (roll < 0.82 && tabs.length > 1) return note('close'), tab.unload(), void tabs.splice(index, 1);
    if (roll < 0.85) return note('clear'), this.change(), this.browser.storage.clear();
    if (roll < 0.92) return note('network'), void (this.browser.online = !this.browser.online);
    note('restart');
    this.world.restart();
  }

  private change(): void {
    this.changed = Date.now();
  }

  private send(tab: Tab): void {
    const text = `message ${this.sent.length}`;
    tab.client.send(text);
    this.sent.push({ text, tab, page: tab.says ?? null, at: Date.now() });
  }

  /** Where a message came to be, as often as it did. */
  places(text: string): (string | null)[] {
    return [...this.world.conversations.values()].flatMap(({ customer, log }) => log.flatMap((entry) => (entry.text === text ? customer : [])));
  }

  /** Messages that are nowhere, though no tab heard of a change between their writing and the end. */
  get lost(): string[] {
    return this.sent
      .filter(({ text, tab, at }) => at > this.changed + HEARD_MS && this.browser.tabs.includes(tab) && !this.places(text).length)
      .filter(({ text, tab }) => !tab.client.state.unsent.some((message) => message.text === text))
      .map(({ text }) => text);
  }
}

async function life(seed: number): Promise<Life> {
  const one = new Life(seed);
  await one.live(40);
  return one;
}

function check(one: Life): void {
  const story = `seed ${one.seed}: ${one.done.join(', ')}`;
  expect(one.browser.tabs.flatMap((tab) => tab.leaks), story).toEqual([]);
  expect(one.sent.filter(({ text }) => one.places(text).length > 1).map(({ text }) => text), story).toEqual([]);
  expect(one.sent.filter(({ text, page }) => page && one.places(text).some((customer) => customer !== page)).map(({ text }) => text), story).toEqual([]);
  expect(one.lost, story).toEqual([]);
  for (const tab of one.browser.tabs) {
    converged(one, tab, story);
    for (const times of tab.opened) expect(most(times, 60_000), story).toBeLessThanOrEqual(15);
  }
  expect(remains(one), story).toEqual([]);
}

/** The tab shows the conversation all agree on, whole; or it says that another customer is here. */
function converged(one: Life, tab: Tab, story: string): void {
  const record = JSON.parse(one.browser.storage.truth.get(tab.client.key) ?? '{"who":null,"token":null}') as { who: string | null; token: string | null };
  const { state } = tab.client;
  expect(state.elsewhere || record.who === tab.page, story).toBe(true);
  if (state.elsewhere || state.phase === 'idle') return expect(state.entries, story).toEqual([]);
  expect(state.phase, story).toBe('online');
  expect(state.entries.map(({ text }) => text), story).toEqual(one.world.conversations.get(record.token!)!.log.map(({ text }) => text));
  expect(state.unsent, story).toEqual([]);
}

/** The most moments within a span of time. */
function most(times: number[], spanMs: number): number {
  return Math.max(0, ...times.map((from) => times.filter((time) => time >= from && time < from + spanMs).length));
}

/** Customers' words that are still kept where a guest is. */
function remains(one: Life): string[] {
  const kept = one.browser.tabs.filter((tab) => tab.page === null).flatMap((tab) => [...tab.kept.values()]);
  return one.sent.filter(({ text, page }) => page && kept.some((each) => each.includes(`"${text}"`))).map(({ text }) => text);
}

test('two tabs with two customers come to rest: few connections, few conversations, and each says where it stands', async () => {
  const world = new World(random(7));
  const browser = new Browser(world, random(7));
  const [one, other] = [browser.open(false), browser.open(false)];
  one.signIn('A');
  one.client.connect();
  await vi.advanceTimersByTimeAsync(500);
  other.signIn('B');
  other.client.connect();
  for (let turn = 0; turn < 8; turn++) {
    one.client.send(`from A ${turn}`);
    other.client.send(`from B ${turn}`);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(one.opened.flat().length + other.opened.flat().length).toBeLessThanOrEqual(4);
  expect(world.conversations.size).toBe(2);
  expect([one.client.state.elsewhere, other.client.state.elsewhere]).toEqual([true, false]);
  expect(other.client.state.entries).toHaveLength(16);
  expect(one.leaks).toEqual([]);
});

test('signed out in one tab, the customer is gone from the other, also if it wakes late', async () => {
  const browser = new Browser(new World(random(3)), random(3));
  const [one, other] = [browser.open(false), browser.open(false)];
  for (const tab of [one, other]) tab.signIn('Emma');
  one.client.send('what is my balance?');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(other.client.known).toBe(true);
  one.signOut();
  other.client.send('and now?');
  await vi.advanceTimersByTimeAsync(2_000);
  one.client.connect();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(one.client.state.identity).toBeNull();
  expect([one, other].flatMap((tab) => tab.client.state.entries)).toEqual([]);
  expect(JSON.parse(browser.storage.truth.get(one.client.key)!)).toMatchObject({ who: null });
});

test('a server that refuses everything is not flooded', async () => {
  const browser = new Browser(new World(random(5)), random(5));
  const tab = browser.open(false);
  browser.online = false;
  tab.client.send('anybody?');
  for (let second = 0; second < 600; second++) {
    tab.client.wake();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(most(tab.opened.flat(), 60_000)).toBeLessThanOrEqual(15);
  browser.online = true;
  await vi.advanceTimersByTimeAsync(90_000);
  expect(tab.client.state.unsent).toEqual([]);
});

test.each([...Array(15).keys()])('whatever tabs do, nobody sees another customer, and nothing is lost or doubled (%i)', async (block) => {
  for (let seed = 0; seed < 20; seed++) check(await life(1 + block * 20 + seed));
}, 60_000);
