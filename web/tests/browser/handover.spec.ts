import { Customer, desk, expect, expectAccessible, test } from './walk';

test('a customer asks for a person, who sees what the bot knew, talks with them and gives back', async ({ page, browser, watched }) => {
  expect(watched).toEqual([]);
  const customer = await Customer.arrive(page, 'C1004');
  await customer.say('There is a payment last night that I do not recognise');
  await customer.say('I want to talk to a human being');
  await expect(page.locator('#xiaoer-chat .notice')).toContainText(/line/i);

  const atDesk = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } });
  const agent = await desk(await atDesk.newPage(), 'sam');
  const waiting = agent.getByRole('listitem').filter({ hasText: 'Marcus Johnson' });
  await waiting.last().locator('.pick').click(); // Earlier runs may have left some waiting.
  const context = agent.getByRole('complementary', { name: 'Context' });
  await expect(context).toContainText('Marcus Johnson');
  await expect(context).toContainText('Signed in');
  await expect(agent.getByRole('log')).toContainText('I do not recognise');
  await expectAccessible(agent);
  await agent.keyboard.press('a');
  await expect(customer.log).toContainText(/Sam/);

  const reply = agent.getByRole('textbox', { name: /Write to Marcus/ });
  await reply.fill('Hello Marcus, this is Sam.');
  await reply.press('Enter');
  await expect(customer.answers.last()).toContainText('Hello Marcus, this is Sam.');
  await customer.field.fill('Thank you, Sam!');
  await customer.field.press('Enter');
  await expect(agent.getByRole('log')).toContainText('Thank you, Sam!');
  await customer.field.pressSequentially('and');
  await expect(agent.getByText('Marcus Johnson is typing')).toBeVisible();
  await customer.field.fill('');

  await reply.press('Escape');
  await agent.keyboard.press('b');
  await agent.getByRole('dialog').getByRole('textbox').fill('Explained the merchant name; dispute not needed.');
  await agent.getByRole('dialog').getByRole('button', { name: 'Back to Xiaoer' }).click();
  await expect(page.locator('#xiaoer-chat .head')).toContainText('Assistant');
  await customer.say('what is my balance?');
  await expect(customer.answers.last()).not.toContainText('Sam');
  await atDesk.close();
});

test('of two agents who accept, one gets the conversation and the other hears who has it', async ({ page, browser }) => {
  const customer = await Customer.arrive(page, 'C1008');
  await customer.say('human please');
  const contexts = await Promise.all([browser.newContext({ locale: 'en-GB' }), browser.newContext({ locale: 'en-GB' })]);
  const [sam, mei] = await Promise.all([desk(await contexts[0]!.newPage(), 'sam'), desk(await contexts[1]!.newPage(), 'mei')]);
  const accept = { name: 'Accept: Daniel Kim' };
  await expect(sam!.getByRole('button', accept).last()).toBeVisible();
  await expect(mei!.getByRole('button', accept).last()).toBeVisible();
  // Both press before either page can have heard of the other.
  const buttons = await Promise.all([sam!, mei!].map((each) => each.getByRole('button', accept).last().elementHandle()));
  await Promise.all(buttons.map((button) => button!.evaluate((element: HTMLElement) => element.click())));
  const write = { name: 'Write to Daniel Kim' };
  await expect(sam!.getByRole('textbox', write).or(sam!.getByRole('status').getByText(/took it/))).toBeVisible();
  await expect(mei!.getByRole('textbox', write).or(mei!.getByRole('status').getByText(/took it/))).toBeVisible();
  const samHasIt = await sam!.getByRole('textbox', write).isVisible();
  expect(await mei!.getByRole('textbox', write).isVisible()).toBe(!samHasIt);
  await expect(customer.log.locator('.system').last()).toContainText(/joined/i);

  const holder = samHasIt ? sam! : mei!;
  await holder.getByRole('button', { name: 'Close', exact: true }).first().click();
  await holder.getByRole('dialog').getByLabel('Needs follow-up').check();
  await expectAccessible(holder);
  await holder.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await expect(page.locator('#xiaoer-chat .head')).toContainText('Assistant');
  for (const each of contexts) await each.close();
});

test('whoever signs out leaves nobody behind, and a supervisor takes over', async ({ page, browser }) => {
  const customer = await Customer.arrive(page, 'C1006');
  await customer.say('a person please');
  const contexts = await Promise.all([browser.newContext({ locale: 'en-GB' }), browser.newContext({ locale: 'en-GB' })]);
  const [sam, mei] = await Promise.all([desk(await contexts[0]!.newPage(), 'sam'), desk(await contexts[1]!.newPage(), 'mei')]);
  const row = (agent: typeof sam) => agent!.getByRole('listitem').filter({ hasText: 'Priya Patel' }).last().locator('.pick');
  await row(sam).click();
  await sam!.keyboard.press('a');
  await expect(customer.log).toContainText('Sam has joined');

  await sam!.getByRole('button', { name: 'Sign out' }).click();
  // Another sign-in of Sam's may still be open somewhere: then it is that nothing is heard of them for 20 s.
  await expect(customer.log).toContainText(/Sam had to leave\. You keep your place/, { timeout: 30_000 });
  await row(mei).click();
  await expect(mei!.getByRole('button', { name: /^Accept A$/ })).toBeVisible();

  await desk(sam!, 'sam');
  await row(sam).click();
  await sam!.keyboard.press('a');
  await expect(customer.log).toContainText(/Sam has joined[\s\S]*Sam has joined/);
  await mei!.getByRole('button', { name: 'Take over' }).click();
  await expect(customer.log).toContainText(/Mei .*has joined/);
  await expectAccessible(mei!);
  await expect(sam!.getByRole('status')).toContainText(/Mei .*took it/);
  await mei!.getByRole('textbox', { name: /Write to Priya/ }).fill('I am here now.');
  await mei!.keyboard.press('Enter');
  await expect(customer.answers.last()).toContainText('I am here now.');
  await mei!.getByRole('button', { name: 'Back in line' }).click();
  await expect(customer.log).toContainText(/Mei .*had to leave/);
  for (const each of contexts) await each.close();
});
