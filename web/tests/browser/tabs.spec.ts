import type { Page } from '@playwright/test';

import { Customer, expect, test } from './walk';

async function another(page: Page): Promise<Page> {
  const other = await page.context().newPage();
  await other.goto('/');
  await expect(other.locator('[data-customer]').nth(1)).toBeVisible();
  await other.waitForLoadState('networkidle'); // the shop has said who its customer is
  return other;
}

/** What this browser keeps of the chat. */
async function kept(page: Page): Promise<string> {
  return page.evaluate(() => [localStorage, sessionStorage].map((each) => JSON.stringify(each)).join());
}

test('signed out in one tab, the customer is gone from both: nothing on the screen, nothing kept, nothing at the server', async ({ page }) => {
  const emma = await Customer.arrive(page, 'C1002');
  await emma.say('what is my balance?');
  const other = await another(page);
  await other.getByRole('button', { name: /Open chat/ }).click();
  const second = new Customer(other);
  await expect(second.log).toContainText('balance');
  const { token } = JSON.parse((await page.evaluate(() => localStorage.getItem(`xiaoer:${location.origin}`)))!) as { token: string };

  await page.locator('[data-customer=""]').click();
  await expect(second.log.locator('.line')).toHaveCount(0);
  await expect(other.locator('#xiaoer-chat .identity')).toHaveCount(0);
  await second.say('what is my balance?');
  await expect(second.answers.last()).toContainText(/sign/i);
  await page.getByRole('button', { name: /Open chat/ }).click();
  await expect(emma.log).not.toContainText('Emma');
  await expect(page.locator('#xiaoer-chat .identity')).toHaveCount(0);
  expect(await kept(page)).not.toContain(token);
  const answer = await page.request.get('/api/chat/entries?after=0&wait_s=0', { headers: { Authorization: `Bearer ${token}` } });
  expect(answer.status()).toBe(403);
});

test('two tabs with two customers: the later one counts, the other shows nothing, and few sockets are opened', async ({ page }) => {
  const sockets: string[] = [];
  page.context().on('page', (each) => each.on('websocket', (socket) => sockets.push(socket.url())));
  page.on('websocket', (socket) => sockets.push(socket.url()));
  const emma = await Customer.arrive(page, 'C1002');
  await emma.say('hello');
  // A page that keeps its own customer, whatever the other one does: as a host with a session per tab.
  const other = await another(page);
  await other.evaluate(async () => {
    const response = await fetch('demo/sign-in', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ customer_id: 'C1005' }) });
    const { token } = (await response.json()) as { token: string };
    window.xiaoer!.setIdentity(token);
    window.xiaoer!.open();
  });
  const second = new Customer(other);
  await second.say('what is my balance?');
  await expect(page.locator('#xiaoer-chat .notice')).toContainText(/another window/);
  await expect(emma.log.locator('.line')).toHaveCount(0);
  await expect(emma.field).toBeDisabled();
  for (const text of ['hello', 'what are my limits?', 'thanks']) await second.say(text);
  await expect(second.log.getByText('what are my limits?')).toHaveCount(1);
  expect(sockets.length).toBeLessThan(8);
});

test('a visitor who signs in goes on in the same conversation', async ({ page }) => {
  const other = await another(page);
  const visitor = new Customer(other);
  await other.getByRole('button', { name: /Open chat/ }).click();
  await visitor.say('what is my balance?');
  await expect(visitor.answers.last()).toContainText(/sign in/i);
  await other.locator('[data-customer="C1002"]').click();
  await expect(other.locator('#xiaoer-chat .identity')).toBeVisible();
  await expect(visitor.log).toContainText('what is my balance?');
  const answers = await visitor.answers.count();
  await visitor.choice(/signed in/i).click();
  await expect.poll(() => visitor.answers.count()).toBeGreaterThan(answers);
  await expect(visitor.answers.last()).toContainText(/¥|\$|£/);
});

test('what was written is there again after closing, and after a reload', async ({ page }) => {
  const customer = await Customer.arrive(page, 'C1006');
  await customer.field.fill('half a thought');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /Open chat/ }).click();
  await expect(customer.field).toHaveValue('half a thought');
  await page.reload();
  await page.getByRole('button', { name: /Open chat/ }).click();
  await expect(customer.field).toHaveValue('half a thought');
  await page.locator('[data-customer=""]').click();
  await page.getByRole('button', { name: /Open chat/ }).click();
  await expect(customer.field).toHaveValue('');
});

test('the language chosen in the chat stays after a reload', async ({ page }) => {
  await Customer.arrive(page, 'C1006');
  await page.getByRole('button', { name: '切换到中文' }).click();
  await page.reload();
  await page.getByRole('button', { name: '打开对话' }).click();
  await expect(page.getByRole('dialog', { name: '与小二对话' })).toBeVisible();
});

test('replies that were not seen are counted on the button after every reload', async ({ page }) => {
  const customer = await Customer.arrive(page, 'C1007');
  await customer.say('hello');
  await page.keyboard.press('Escape');
  await page.evaluate(() => window.xiaoer!.ask('what can you do?'));
  await page.evaluate(() => window.xiaoer!.close());
  const badge = page.locator('#xiaoer-chat .badge');
  await expect(badge).toBeVisible();
  for (let time = 0; time < 5; time++) {
    await page.reload();
    await expect(badge).toBeVisible();
  }
});
