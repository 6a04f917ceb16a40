import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from '@playwright/test';

import { Customer, desk, expect, test } from './walk';

/** Nothing at all, not only what keeps somebody from using it. */
async function expectNothingFound(page: Page): Promise<void> {
  await page.evaluate(() => Promise.all(document.getAnimations().map((each) => each.finished.catch(() => undefined))));
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.target.join(' ')).join(', ')}`)).toEqual([]);
}

async function atDesk(browser: Browser, name: string, options = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options });
  return desk(await context.newPage(), name);
}

async function waits(page: Page, id: string, ...texts: string[]): Promise<Customer> {
  const customer = await Customer.arrive(page, id);
  for (const text of texts) await customer.say(text);
  await customer.say('I want to talk to a human being');
  await expect(page.locator('#xiaoer-chat .notice')).toContainText(/line/i);
  return customer;
}

test('every page of the desk is accessible, light and dark, wide and narrow, in both languages', async ({ page, browser }) => {
  await waits(page, 'C1005', 'show my recent payments');
  await page.goto('/desk/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expectNothingFound(page);
  const agent = await atDesk(browser, 'mei');
  await expect(agent.getByRole('heading', { level: 1 })).toBeVisible();
  await expectNothingFound(agent);
  await agent.locator('.row .pick').last().click();
  await expect(agent.getByRole('log')).toBeVisible();
  await expectNothingFound(agent);
  await agent.emulateMedia({ colorScheme: 'dark' });
  await expectNothingFound(agent);
  await agent.setViewportSize({ width: 390, height: 844 });
  await expectNothingFound(agent);
  expect(await agent.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await agent.setViewportSize({ width: 1280, height: 800 });
  await agent.emulateMedia({ colorScheme: 'light' });
  await agent.getByRole('button', { name: '切换到中文' }).click();
  await expectNothingFound(agent);
  await agent.keyboard.press('?');
  await expect(agent.getByRole('dialog')).toBeVisible();
  await expectNothingFound(agent);
  await agent.keyboard.press('Escape');
  await agent.getByRole('button', { name: 'Mei' }).click();
  await expect(agent.getByRole('dialog').getByText('当前页面')).toBeVisible();
  await expectNothingFound(agent);
  await agent.context().close();
});

test('what was begun to be written is there again after another conversation, and after a reload', async ({ page, browser }) => {
  await waits(page, 'C1008');
  const other = await browser.newContext({ locale: 'en-GB' });
  await waits(await other.newPage(), 'C1012');
  const agent = await atDesk(browser, 'sam');
  for (const name of ['Daniel Kim', 'Robert Hughes']) {
    await agent.locator('.row', { hasText: name }).last().locator('.pick').click();
    await agent.keyboard.press('a');
    await expect(agent.getByRole('textbox', { name: /Write to/ })).toBeVisible();
  }
  const field = agent.getByRole('textbox', { name: /Write to/ });
  const mine = (at: number) => agent.locator('.row.held .pick').nth(at);
  await mine(0).click();
  await field.fill('half a thought');
  await mine(1).click();
  await expect(field).toHaveValue('');
  await mine(0).click();
  await expect(field).toHaveValue('half a thought');
  await agent.reload();
  await mine(0).click();
  await expect(field).toHaveValue('half a thought');
  await field.press('Enter');
  await expect(field).toHaveValue('');
  for (let left = await agent.locator('.row.held').count(); left; left--) {
    await mine(0).click();
    await agent.getByRole('button', { name: 'Close', exact: true }).first().click();
    await agent.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await expect(agent.locator('.row.held')).toHaveCount(left - 1);
  }
  await Promise.all([agent.context().close(), other.close()]);
});

test('a link that says one address and opens another shows what it opens', async ({ page, browser }) => {
  await waits(page, 'C1006', 'see [https://bank.example](https://evil.example/x) \u202egpj.exe');
  const agent = await atDesk(browser, 'sam');
  await agent.locator('.row', { hasText: 'Priya Patel' }).last().locator('.pick').click();
  const said = agent.getByRole('log').locator('.said.customer', { hasText: 'evil.example' });
  await expect(said).toContainText(/\) gpj\.exe$/);
  const links = await said.getByRole('link').evaluateAll((all) => all.map((each) => [each.textContent!.split(' ')[0], (each as HTMLAnchorElement).href]));
  expect(links).toEqual([['https://bank.example', 'https://bank.example/'], ['https://evil.example/x', 'https://evil.example/x']]);
  await agent.context().close();
});

test('a session that somebody ended closes its page at once', async ({ browser }) => {
  const lin = await atDesk(browser, 'lin');
  const mei = await atDesk(browser, 'mei');
  await mei.getByRole('button', { name: 'Mei' }).click();
  await mei.getByRole('button', { name: /End the session of Lin/ }).last().click();
  await expect(lin.getByRole('heading', { name: 'Welcome to the desk' })).toBeVisible();
  await Promise.all([lin.context().close(), mei.context().close()]);
});

test('the Chinese desk is Chinese', async ({ page, browser }) => {
  await waits(page, 'C1010', 'I want a refund');
  const agent = await atDesk(browser, 'mei');
  await agent.getByRole('button', { name: '切换到中文' }).click();
  await agent.locator('.row .pick').last().click();
  const context = agent.getByRole('complementary', { name: '背景' });
  await expect(context).toBeVisible();
  const words = (await context.innerText()).replace(/C\d+|Olivia Martinez/g, '');
  expect(words.match(/[A-Za-z_]{4,}/g) ?? []).toEqual([]);
  await agent.context().close();
});
