import { Customer, expect, expectAccessible, test } from './walk';

const LONG = 'I bought a great many things last week and would like to tell you about each of them. '.repeat(30);

for (const [width, height] of [[360, 640], [640, 360], [844, 390], [320, 256]] as const) {
  test(`on a phone of ${width} by ${height} the conversation has the largest part of the screen`, async ({ browser }) => {
    const context = await browser.newContext({ viewport: { width, height }, hasTouch: true, isMobile: true, locale: 'en-GB' });
    const page = await context.newPage();
    const customer = await Customer.arrive(page, 'C1010');
    await customer.say('show my recent payments');
    const log = (await customer.log.boundingBox())!;
    expect(log.height).toBeGreaterThan(height * 0.42);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await expectAccessible(page);
    await context.close();
  });
}

test('a long message of one’s own does not hide the answer', async ({ page }) => {
  const customer = await Customer.arrive(page, 'C1010');
  await customer.say('hello');
  await customer.say(LONG);
  await expect(customer.answers.last()).toBeInViewport({ ratio: 0.9 });
});

test('the network’s going is said at once, and its coming back is noticed', async ({ page, context }) => {
  const customer = await Customer.arrive(page, 'C1010');
  await customer.say('hello');
  await context.setOffline(true);
  await expect(page.locator('#xiaoer-chat .notice')).toContainText('No connection', { timeout: 1_500 });
  await context.setOffline(false);
  await expect(page.locator('#xiaoer-chat .notice')).toBeEmpty();
});

for (const accent of ['#ffd400', '#7cfc00', 'hsl(300 100% 85%)', '#111']) {
  test(`with ${accent} as accent everything can be read`, async ({ page }) => {
    await page.addInitScript((colour) => addEventListener('DOMContentLoaded', () => {
      document.documentElement.style.setProperty('--xiaoer-accent', colour);
      document.documentElement.style.setProperty('--xiaoer-accent-dark', colour);
    }), accent);
    const customer = await Customer.arrive(page, 'C1014');
    await customer.say('show my recent payments');
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(page);
  });
}

test('times beside lines are written as the bot writes them, whatever region the browser says', async ({ browser }) => {
  for (const [locale, form] of [['en-GB', /^\d+:\d\d\s[AP]M$/], ['zh-CN', /^\d\d:\d\d$/]] as const) {
    const context = await browser.newContext({ locale });
    const page = await context.newPage();
    const customer = await Customer.arrive(page, 'C1014');
    await customer.say(locale === 'en-GB' ? 'hello' : '你好');
    await expect(page.locator('#xiaoer-chat .line time').last()).toContainText(form);
    await context.close();
  }
});

test('closed, the shop and the button are accessible', async ({ page }) => {
  await page.goto('/');
  await expect(page.locator('[data-customer]').nth(1)).toBeVisible();
  await expectAccessible(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page);
});
