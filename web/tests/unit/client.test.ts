import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { ChatClient } from '../../src/chat/client';
import { ChatServer, client, shelf } from './server';

let server: ChatServer;
const opened: ChatClient[] = [];

beforeEach(async () => {
  server = await ChatServer.start();
});
afterEach(async () => {
  for (const each of opened.splice(0)) each.reset();
  await server.stop();
});

function chat(...args: Parameters<typeof client> extends [unknown, ...infer More] ? More : never): ChatClient {
  const made = client(server, ...args);
  opened.push(made);
  return made;
}
const texts = (one: ChatClient) => one.state.entries.map((entry) => entry.text);
const until = (condition: () => boolean) => vi.waitFor(() => expect(condition()).toBe(true), { timeout: 4_000, interval: 5 });

test('a message is shown as sending, then as part of the log', async () => {
  const one = chat();
  one.send('hello');
  expect(one.state.unsent.map(({ text, state }) => [text, state])).toEqual([['hello', 'sending']]);
  await until(() => texts(one).includes('hello'));
  expect(one.state.unsent).toEqual([]);
});

test('a message whose acknowledgement was lost is sent again and kept once', async () => {
  const one = chat();
  server.refusals.push(() => 'hang up after');
  one.send('refund me');
  await until(() => server.hellos.length === 2 && !one.state.unsent.length);
  expect(texts(one)).toEqual(['refund me']);
  expect(server.log()).toHaveLength(1);
});

test('messages written while the line is down arrive in their order, each once', async () => {
  const one = chat();
  one.connect();
  await until(() => one.state.phase === 'online');
  server.sockets = false;
  server.hangUp();
  await until(() => one.state.phase !== 'online');
  for (const text of ['one', 'two', 'three']) one.send(text);
  server.refusals.push(() => 'hang up before', () => 'hang up after', () => 'hang up before');
  server.sockets = true;
  await until(() => !one.state.unsent.length);
  expect(server.log().map((entry) => entry.text)).toEqual(['one', 'two', 'three']);
  expect(texts(one)).toEqual(['one', 'two', 'three']);
});

test('a reconnect resumes after the last entry seen and shows what was missed once', async () => {
  const one = chat();
  one.send('hi');
  await until(() => texts(one).length === 1);
  server.hangUp();
  server.say('missed');
  await until(() => texts(one).includes('missed'));
  expect(server.hellos[1]).toMatchObject({ token: 'T1', after: 1 });
  expect(texts(one)).toEqual(['hi', 'missed']);
});

test('unsent messages survive a reload and keep their ids', async () => {
  const kept = { lasting: shelf(), tab: shelf() };
  const before = client(server, kept);
  server.sockets = false;
  before.send('do not lose me');
  const one = chat(kept);
  expect(one.state.unsent.map((message) => message.text)).toEqual(['do not lose me']);
  server.sockets = true;
  one.connect();
  await until(() => texts(one).includes('do not lose me'));
  await until(() => !before.state.unsent.length);
  expect(server.log()).toHaveLength(1);
  opened.push(before);
});

test('too much at once is tried again later, before anything written afterwards', async () => {
  const one = chat();
  server.refusals.push((id) => ({ type: 'error', code: 'rate_limited', message: '', id, retry_after_s: 0.05 }));
  one.send('first');
  one.send('second');
  await until(() => !one.state.unsent.length);
  expect(server.log().map((entry) => entry.text)).toEqual(['first', 'second']);
});

test('what the server refuses for good is marked, and the next message goes on', async () => {
  const one = chat();
  server.refusals.push((id) => ({ type: 'error', code: 'too_long', message: '', id }));
  one.send('much too long');
  one.send('short');
  await until(() => texts(one).includes('short'));
  expect(one.state.unsent).toMatchObject([{ text: 'much too long', state: 'failed', code: 'too_long' }]);
  one.retry(one.state.unsent[0]!.id);
  await until(() => !one.state.unsent.length);
});

test('a conversation that is no longer ours is forgotten, and the message goes to a new one', async () => {
  const lasting = shelf();
  lasting.set(`xiaoer:${server.url}`, JSON.stringify({ token: 'stolen', read: 3 }));
  server.refuseHello = (hello) => (hello.token === 'stolen' ? 'not_yours' : null);
  const one = chat({ lasting });
  one.send('hello');
  await until(() => texts(one).includes('hello'));
  expect(lasting.get(`xiaoer:${server.url}`)).toContain('"T1"');
});

test('where WebSockets are blocked the conversation goes over HTTP', async () => {
  server.sockets = false;
  const one = chat();
  one.send('anybody there?');
  await until(() => texts(one).includes('anybody there?'));
  server.say('yes');
  await until(() => texts(one).includes('yes'));
  server.typing = { author: 'agent', name: 'Lin', on: true };
  await until(() => one.state.typing?.name === 'Lin');
  one.typing(true);
  await until(() => server.frames.some((frame) => frame.type === 'typing' && frame.on));
});

test('signed out, the token is ended at the server', async () => {
  const one = chat();
  one.send('hello');
  await until(() => texts(one).length === 1);
  one.reset();
  await until(() => !server.logs.has('T1'));
});

test('a refused identity is renewed by the host once more, and the conversation goes on', async () => {
  const tokens = ['old', 'fresh'];
  server.refuseHello = (hello) => (hello.identity === 'old' ? 'identity_expired' : null);
  const one = chat();
  one.setIdentity(() => tokens.shift() ?? null);
  one.connect();
  await until(() => one.state.phase === 'online');
  expect(server.hellos.at(-1)!.identity).toBe('fresh');
});

test('a tab follows the conversation another tab of the browser opened', async () => {
  const lasting = shelf();
  const [one, other] = [chat({ lasting }), chat({ lasting })];
  one.send('from here');
  await until(() => texts(one).length === 1);
  other.follow();
  other.connect();
  await until(() => texts(other).includes('from here'));
  other.reset();
  one.follow();
  expect(one.known).toBe(false);
  expect(one.state.entries).toEqual([]);
});

test('replies count as unread until they are looked at', async () => {
  const one = chat();
  one.send('hi');
  await until(() => texts(one).length === 1);
  server.say('hello');
  await until(() => one.unread === 1);
  one.markRead();
  expect(one.unread).toBe(0);
  await until(() => server.frames.some((frame) => frame.type === 'read' && frame.seq === 2));
});
