import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type BrowserContext, type Locator, type Page } from '@playwright/test';

export { expect };

/** Every page of a test is watched: a broken policy or an uncaught error fails the test, whoever opened the page. */
export const test = base.extend<{ watched: string[] }>({
  watched: [async ({ context }, use) => {
    const problems: string[] = [];
    watch(context, problems);
    await use(problems);
    expect(problems).toEqual([]);
  }, { auto: true }],
});

export function watch(context: BrowserContext, problems: string[]): void {
  context.on('weberror', (error) => problems.push(`uncaught: ${error.error().message}`));
  context.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) problems.push(message.text());
  });
}

/** The customer's side: the shop page, signed in as a seeded customer, with the chat open. */
export class Customer {
  constructor(readonly page: Page) {}

  static async arrive(page: Page, id: string): Promise<Customer> {
    await page.goto('/');
    const more = page.getByRole('button', { name: /Show all|显示全部/ });
    const person = page.locator(`[data-customer="${id}"]`);
    await expect(page.locator('[data-customer]').nth(1)).toBeVisible();
    if (!(await person.isVisible())) await more.click();
    await person.click();
    await page.getByRole('button', { name: /^(Open chat|打开对话)/ }).click();
    await expect(page.locator('#xiaoer-chat .presence.bot')).toBeVisible();
    await expect(page.locator('#xiaoer-chat .identity')).toBeVisible();
    return new Customer(page);
  }

  get field(): Locator {
    return this.page.locator('#xiaoer-chat').getByRole('textbox');
  }

  get log(): Locator {
    return this.page.locator('#xiaoer-chat').getByRole('log');
  }

  /** What the bot or a person said, newest last. */
  get answers(): Locator {
    return this.log.locator('.line.bot, .line.agent').filter({ hasNot: this.page.locator('.dots') });
  }

  async say(text: string): Promise<void> {
    const before = await this.answers.count();
    await this.field.fill(text);
    await this.field.press('Enter');
    await expect.poll(() => this.answers.count()).toBeGreaterThan(before);
  }

  /** A suggested answer, or a thing in a list. */
  choice(name: string | RegExp): Locator {
    return this.page.locator('#xiaoer-chat .quick, #xiaoer-chat .card').getByRole('button', { name });
  }

  /** The one-time code in the newest text message that came after `count` earlier ones. */
  async code(earlier: number): Promise<string> {
    const texts = this.page.locator('.handset [data-testid="sms"]');
    await expect.poll(() => texts.count()).toBeGreaterThan(earlier);
    const code = /\d{6}/.exec(await texts.first().innerText());
    expect(code).not.toBeNull();
    return code![0];
  }
}

export async function desk(page: Page, name: string): Promise<Page> {
  await page.goto('/desk/');
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(process.env['XIAOER_DESK_PASSWORD'] ?? 'xiaoer-demo');
  await page.getByRole('button', { name: 'Sign in' }).click();
  const waiting = page.getByRole('heading', { name: /^Waiting/ });
  const code = page.getByLabel('Code');
  await expect(waiting.or(code)).toBeVisible();
  if (await code.isVisible()) {
    await code.fill(/\d{6}/.exec(await page.getByText(/your authenticator app would show/).innerText())![0]);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }
  await expect(waiting).toBeVisible();
  return page;
}

/** Nothing that axe finds, of whatever weight. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(() => Promise.all(document.getAnimations().filter((each) => each.effect?.getComputedTiming().iterations !== Infinity)
    .map((each) => each.finished.catch(() => undefined))));
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.target.join(' ')).join(', ')}`)).toEqual([]);
}
