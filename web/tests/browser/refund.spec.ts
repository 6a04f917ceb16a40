import { Customer, expect, test } from './walk';

test('a refund in English: the payment, the code from the phone, the confirmation', async ({ page }) => {
  const customer = await Customer.arrive(page, 'C1014');
  await customer.say('Hi, I would like a refund for something I bought');
  await finish(customer, { code: /code/i, yes: /^Yes/, done: /refund/i });
});

test('退款，中文：选择付款、短信验证码、确认', async ({ browser, watched }) => {
  expect(watched).toEqual([]);
  const context = await browser.newContext({ locale: 'zh-CN' });
  const customer = await Customer.arrive(await context.newPage(), 'C1001');
  await customer.say('你好，我想把前两天买的东西退款');
  await finish(customer, { code: /验证码/, yes: /^(是|好|确认)/, done: /退/ });
  await context.close();
});

interface Words {
  code: RegExp;
  yes: RegExp;
  done: RegExp;
}

/** Chooses the payment and the reason, gives the code when it is asked for and says yes, in whichever order the bot asks. */
async function finish(customer: Customer, { code, yes, done }: Words): Promise<void> {
  const texts = await customer.page.locator('.handset [data-testid="sms"]').count();
  const card = customer.page.locator('#xiaoer-chat .card-refund');
  await expect(customer.page.locator('#xiaoer-chat .identity')).toBeVisible();
  for (let step = 0; step < 8 && !(await card.isVisible()); step++) {
    const before = await customer.answers.count();
    const last = customer.answers.last();
    if (await customer.choice(yes).first().isVisible()) await customer.choice(yes).first().click();
    else if (code.test(await last.innerText())) await customer.say(await customer.code(texts));
    else if (await customer.choice(/.+/).first().isVisible()) await customer.choice(/.+/).first().click();
    await expect.poll(async () => (await customer.answers.count()) > before || (await card.isVisible())).toBe(true);
  }
  await expect(customer.answers.last()).toContainText(done);
  // The code was for this refund, and is spent with it.
  await expect(customer.page.locator('#xiaoer-chat .identity')).toBeVisible();
  await expect(customer.page.locator('#xiaoer-chat .identity.proven')).toHaveCount(0);
}

test('a change of the phone number: a code to the old one, a code to the new one, and the old one says stop', async ({ page }) => {
  const customer = await Customer.arrive(page, 'C1010');
  const texts = page.locator('.handset [data-testid="sms"]');
  const earlier = await texts.count();
  await customer.say('I want to change my phone number');
  await customer.say('+1 415 555 0177');
  await customer.choice(/^Yes/).first().click();
  await customer.say(await customer.code(earlier));
  await expect(texts.first()).toContainText('use this number');
  await customer.say(await customer.code(earlier + 1));
  const stop = page.locator('.handset').getByRole('button', { name: 'Reply STOP' });
  await stop.click();
  await expect(page.locator('.handset').getByRole('button', { name: 'Sent: STOP' })).toBeDisabled();
  await expect(texts.first()).toContainText('stays as it is');
});
