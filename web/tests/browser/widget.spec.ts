import { Customer, expect, expectAccessible, test } from './walk';

test('a reload keeps the conversation', async ({ page }) => {
  const customer = await Customer.arrive(page, 'C1005');
  await customer.say('hello');
  const lines = await customer.log.locator('.line').count();
  await page.reload();
  await page.getByRole('button', { name: /Open chat/ }).click();
  await expect(customer.log).toContainText('hello');
  await expect(customer.log.locator('.line')).toHaveCount(lines);
  await customer.say('thanks');
});

test('the keyboard alone is enough', async ({ page }) => {
  const customer = await Customer.arrive(page, 'C1002');
  await page.keyboard.press('Escape');
  await expect(customer.field).toHaveCount(0);
  const launcher = page.getByRole('button', { name: /Open chat/ });
  await expect(launcher).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(customer.field).toBeFocused();
  await page.keyboard.type('first line');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('what can you do?');
  await expect(customer.field).toHaveValue('first line\nwhat can you do?');
  await page.keyboard.press('Enter');
  await expect(customer.field).toHaveValue('');
  await expect(customer.answers.last()).toBeVisible();
  const suggestion = page.locator('#xiaoer-chat .quick button').first();
  await expect(suggestion).toBeVisible();
  await page.keyboard.press('Shift+Tab');
  await expect(page.locator('#xiaoer-chat .quick button:focus')).toHaveCount(1);
  const answers = await customer.answers.count();
  await page.keyboard.press('Enter');
  await expect(customer.field).toBeFocused();
  await expect.poll(() => customer.answers.count()).toBeGreaterThan(answers);
});

test('Enter that chooses a Chinese word does not send', async ({ page }) => {
  const customer = await Customer.arrive(page, 'C1003');
  await customer.field.focus();
  const typing = await page.context().newCDPSession(page);
  await typing.send('Input.imeSetComposition', { text: 'tuikuan', selectionStart: 7, selectionEnd: 7 });
  await customer.field.dispatchEvent('keydown', { key: 'Enter', keyCode: 229, isComposing: true, bubbles: true });
  await expect(customer.field).toHaveValue('tuikuan');
  await typing.send('Input.insertText', { text: '退款' });
  await expect(customer.field).toHaveValue('退款');
  await expect(customer.log.locator('.line.customer')).toHaveCount(0);
});

test('on a phone the chat takes the whole screen', async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: 'en-GB' });
  const page = await context.newPage();
  const customer = await Customer.arrive(page, 'C1010');
  const panel = page.getByRole('dialog', { name: 'Chat with Xiaoer' });
  await expect.poll(() => panel.boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 844 });
  await customer.say('hello');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Close chat' }).click();
  await expect(panel).toHaveCount(0);
  await context.close();
});

test('messages written while the line is down are sent once it is back', async ({ page, context }) => {
  const customer = await Customer.arrive(page, 'C1006');
  await customer.say('hello');
  await context.setOffline(true);
  await page.evaluate(() => window.dispatchEvent(new Event('offline')));
  await customer.field.fill('what are my limits?');
  await customer.field.press('Enter');
  await expect(customer.log.locator('.unsent')).toHaveCount(1);
  await context.setOffline(false);
  await expect(customer.log.locator('.unsent')).toHaveCount(0, { timeout: 30_000 });
  await expect(customer.log.getByText('what are my limits?')).toHaveCount(1);
});

test('two tabs of one browser show the same conversation', async ({ page, context }) => {
  const customer = await Customer.arrive(page, 'C1009');
  await customer.say('hello');
  const other = await context.newPage();
  await other.goto('/');
  await other.getByRole('button', { name: /Open chat/ }).click();
  const second = new Customer(other);
  await expect(second.log).toContainText('hello');
  await second.say('show my cards');
  await expect(customer.log).toContainText('show my cards');
});

test('the shop and the open chat are accessible, in light and dark', async ({ page }) => {
  const customer = await Customer.arrive(page, 'C1014');
  await customer.say('show my recent payments');
  await expectAccessible(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page);
});

test('signing out makes the browser forget the conversation', async ({ page }) => {
  const customer = await Customer.arrive(page, 'C1011');
  await customer.say('hello');
  await page.locator('[data-customer=""]').click();
  await page.getByRole('button', { name: /Open chat/ }).click();
  await expect(customer.log.locator('.line')).toHaveCount(0);
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('xiaoer:')).map((key) => localStorage.getItem(key) ?? '').join())).not.toContain('"read":2');
});
