// A stand-in for the gateway and the desk, for working on these pages alone: `npm run dev`, then http://localhost:8090.
// It speaks the contract's shapes and keeps everything in memory. It is no part of the service and proves nothing.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer } from 'ws';

import { answer } from './script.mjs';

const DIST = new URL('../dist/', import.meta.url).pathname;
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const CUSTOMERS = [
  { customer_id: 'C1001', name: '王芳', language: 'zh', story: { en: 'Charged twice for a coffee; a refund on its way.', zh: '一杯咖啡被扣了两次；还有一笔退款在路上。' } },
  { customer_id: 'C1002', name: 'Emma Clarke', language: 'en', story: { en: 'A jacket to send back; a card frozen last week.', zh: '一件外套想退货；上周冻结了银行卡。' } },
  { customer_id: 'C1003', name: '陈建国', language: 'zh', story: { en: 'Transferred money to the wrong person.', zh: '转账转错了人。' } },
];
const now = () => Date.now() / 1000;
const conversations = new Map();
const sms = new Map();
const handoffs = new Map();
const desks = new Set();
const AGENTS = [
  { id: 'lin', name: 'Lin', role: 'agent', state: 'available', skills: { 'lang:en': 4, 'lang:zh': 5 }, since: now(), load: 0, capacity: 4 },
  { id: 'maya', name: 'Maya', role: 'agent', state: 'available', skills: { 'lang:en': 5 }, since: now(), load: 0, capacity: 4 },
  { id: 'wei', name: 'Wei', role: 'supervisor', state: 'available', skills: {}, since: now(), load: 0, capacity: 4 },
];
let floorSeq = 0;

function open() {
  const id = randomUUID();
  const conversation = { id, token: `${id}.s`, log: [], holder: 'bot', agent: '', identity: null, sockets: new Set(), language: 'en', flow: {} };
  conversations.set(conversation.token, conversation);
  return conversation;
}
function append(conversation, entry) {
  const full = { seq: conversation.log.length + 1, at: now(), author: 'bot', text: '', buttons: [], attachment: null, custom: {}, name: '', ...entry };
  conversation.log.push(full);
  push(conversation, { type: 'entry', ...full });
  if (conversation.handoff) floor({ type: 'entry', handoff: conversation.handoff, entry: full }, false);
  return full;
}
function push(conversation, frame) {
  for (const socket of conversation.sockets) socket.send(JSON.stringify(frame));
}
function floor(frame, counted = true) {
  const text = JSON.stringify(counted ? { type: 'floor', seq: ++floorSeq, update: frame } : frame);
  for (const desk of desks) desk.send(text);
}
const claims = (jwt) => (jwt ? JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url')) : null);

function hello(frame) {
  const known = conversations.get(frame.token);
  const conversation = known ?? open();
  const who = claims(frame.identity);
  if (who) conversation.identity = { name: who.name, level: conversation.identity?.level ?? 1, customer: who.sub };
  if (!known) conversation.language = frame.locale?.startsWith('zh') ? 'zh' : 'en';
  const { token, log, holder, agent, language, identity } = conversation;
  return [conversation, { type: 'welcome', token, resumed: !!known, seq: log.length, holder, agent, language, identity }];
}
function accept(conversation, { id, text, payload }) {
  if (text.length > 4000) return { type: 'error', code: 'too_long', message: 'Too long', id };
  const before = conversation.log.find((each) => each.id === id);
  if (before) return { type: 'accepted', id, seq: before.seq, repeated: true };
  const entry = append(conversation, { author: 'customer', text, id });
  if (conversation.holder === 'bot') setTimeout(() => turn(conversation, text, payload), 700);
  return { type: 'accepted', id, seq: entry.seq, repeated: false };
}
function turn(conversation, text, payload) {
  const phone = (body) => sms.set(conversation.identity?.customer, [{ at: now(), text: body }, ...(sms.get(conversation.identity?.customer) ?? [])]);
  for (const reply of answer(conversation, text, payload, { phone })) append(conversation, reply);
  push(conversation, { type: 'identity', identity: conversation.identity });
  if (conversation.flow.handover) enqueue(conversation);
}
function enqueue(conversation) {
  conversation.flow = {};
  conversation.holder = 'queued';
  const id = `H${handoffs.size + 1}`;
  conversation.handoff = id;
  const zh = conversation.language === 'zh';
  append(conversation, { author: 'system', text: zh ? '正在为您转接同事，前面还有 0 位。' : 'You are next in line for a colleague.', custom: { status: 'queued', position: 1 } });
  const handoff = {
    id, conversation_id: conversation.id, channel: 'web', language: conversation.language, queue: 'payments', reason: 'asked', priority: handoffs.size % 3 ? 0 : 5,
    waiting_since: now(), due_at: now() + 60, value: 8900, value_currency: 'CNY', skills: ['lang:' + conversation.language],
    intents: [{ intent: 'request_human', confidence: 0.93 }, { intent: 'charged_twice', confidence: 0.04 }, { intent: 'complaint', confidence: 0.02 }],
    slots: { order_number: 'P20261103001', amount: { minor: 8900, currency: 'CNY' }, language: conversation.language, reason: null },
    identity: conversation.identity && { customer_id: conversation.identity.customer, name: conversation.identity.name, level: conversation.identity.level, method: 'jwt', proven_at: now() - 80, expires_at: now() + 3000, stepped_up_until: 0 },
    tried: [{ action: 'action_list_payments', outcome: 'done', at: now() - 60, detail: '' }, { action: 'action_request_refund', outcome: 'failed', at: now() - 30, detail: 'service_down' }],
    summary: 'Was charged twice for one coffee (¥89.00). The refund could not be made: the payments service did not answer. Asked for a person.', transcript: [],
    customer_name: conversation.identity?.name ?? '',
  };
  handoffs.set(id, { handoff, conversation, agent: null });
  floor({ kind: 'waiting.added', handoff });
}

const api = {
  'GET /demo/customers': () => ({ customers: CUSTOMERS }),
  'POST /demo/sign-in': ({ body }) => {
    const { customer_id, name } = CUSTOMERS.find((each) => each.customer_id === body.customer_id);
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return { token: `${part({ alg: 'none' })}.${part({ sub: customer_id, name, aud: 'xiaoer', exp: now() + 3600 })}.x`, name };
  },
  'GET /demo/phone/': ({ rest }) => ({ messages: sms.get(rest) ?? [] }),
  'POST /api/chat/hello': ({ body }) => hello(body)[1],
  'POST /api/chat/messages': ({ body, token }) => accept(conversations.get(token), body),
  'GET /api/chat/entries': async ({ token, query }) => {
    const conversation = conversations.get(token);
    const after = Number(query.get('after'));
    for (let waited = 0; waited < 20 && conversation.log.length <= after; waited++) await new Promise((done) => setTimeout(done, 250));
    return { entries: conversation.log.slice(after), holder: conversation.holder };
  },
  'POST /desk/api/sign-in': ({ body, response }) => {
    const agent = AGENTS.find((each) => each.id === body.name.toLowerCase());
    if (!agent) return [401, { error: 'bad_credentials', message: 'Unknown name or wrong password' }];
    response.setHeader('Set-Cookie', `desk=${agent.id}; HttpOnly; SameSite=Strict; Path=/desk`);
    return { agent };
  },
  'POST /desk/api/sign-out': ({ response }) => (response.setHeader('Set-Cookie', 'desk=; Max-Age=0; Path=/desk'), {}),
  'GET /desk/api/me': ({ agent }) => (agent ? { agent } : [401, { error: 'signed_out', message: '' }]),
  'POST /desk/api/me/state': ({ agent, body }) => (Object.assign(agent, { state: body.state, since: now() }), floor({ kind: 'agent', agent }), { agent }),
  'GET /desk/api/floor': ({ agent }) => ({
    seq: floorSeq,
    waiting: [...handoffs.values()].filter((each) => !each.agent && !each.done).map((each) => each.handoff),
    mine: [...handoffs.values()].filter((each) => each.agent === agent && !each.done).map((each) => each.handoff),
    agents: AGENTS, queues: [{ name: 'payments', skills: [], service_level_s: 60 }],
  }),
  'GET /desk/api/handoffs/': ({ rest }) => {
    const { handoff, conversation, agent } = handoffs.get(rest);
    return { handoff, entries: conversation.log, holder: conversation.holder, agent: agent?.name ?? '' };
  },
  'POST /desk/api/handoffs/': ({ rest, agent, body }) => {
    const [id, verb] = rest.split('/');
    const held = handoffs.get(id);
    const { conversation, handoff } = held;
    const zh = conversation.language === 'zh';
    if (verb === 'accept') {
      if (held.agent) return [409, { error: 'taken', by: held.agent.name }];
      Object.assign(held, { agent });
      Object.assign(conversation, { holder: 'human', agent: agent.name });
      append(conversation, { author: 'system', text: zh ? `${agent.name} 已加入对话` : `${agent.name} has joined`, custom: { status: 'joined', name: agent.name }, name: agent.name });
      floor({ kind: 'accepted', handoff_id: id, agent_id: agent.id, by: agent.name });
      return { handoff };
    }
    if (verb === 'messages') return append(conversation, { author: 'agent', text: body.text, name: agent.name });
    if (verb === 'typing') return push(conversation, { type: 'typing', author: 'agent', name: agent.name, on: body.on }), {};
    held.done = true;
    Object.assign(conversation, { holder: 'bot', agent: '', handoff: null });
    append(conversation, { author: 'system', text: zh ? '小二继续为您服务' : 'You are back with the assistant', custom: { status: verb === 'close' ? 'closed' : 'bot' } });
    floor({ kind: 'closed', handoff_id: id });
    return {};
  },
};

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = chunks.length ? JSON.parse(Buffer.concat(chunks)) : {};
  const agent = AGENTS.find((each) => request.headers.cookie?.includes(`desk=${each.id}`));
  const token = request.headers.authorization?.slice(7);
  const name = `${request.method} ${url.pathname}`;
  const key = Object.keys(api).find((each) => (each.endsWith('/') ? name.startsWith(each) : name === each));
  if (!key) return page(url, response);
  const result = await api[key]({ body, agent, token, query: url.searchParams, rest: name.slice(key.length), response });
  const [status, answer] = Array.isArray(result) ? result : [200, result];
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
});
async function page(url, response) {
  const path = join(DIST, normalize(url.pathname.endsWith('/') ? url.pathname + 'index.html' : url.pathname));
  try {
    const file = await readFile(path);
    response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream', 'Content-Security-Policy': CSP });
    response.end(file);
  } catch {
    response.writeHead(404).end();
  }
}
const sockets = new WebSocketServer({ noServer: true });
server.on('upgrade', (request, socket, head) => {
  if (request.url === '/ws/chat' && process.env.NO_WEBSOCKET) return socket.destroy();
  sockets.handleUpgrade(request, socket, head, (line) => {
    if (request.url === '/desk/ws') {
      desks.add(line);
      return line.on('close', () => desks.delete(line));
    }
    let conversation;
    line.on('close', () => conversation?.sockets.delete(line));
    line.on('message', (data) => {
      const frame = JSON.parse(data);
      const send = (each) => line.send(JSON.stringify(each));
      if (frame.type === 'ping') return send({ type: 'pong' });
      if (frame.type === 'typing' && conversation.handoff) return floor({ type: 'typing', handoff: conversation.handoff, on: frame.on }, false);
      if (frame.type === 'message') return send(accept(conversation, frame));
      if (frame.type !== 'hello') return;
      const [opened, welcome] = hello(frame);
      conversation = opened;
      conversation.sockets.add(line);
      send(welcome);
      for (const entry of conversation.log.slice(frame.after)) send({ type: 'entry', ...entry });
    });
  });
});
const port = Number(process.env.PORT ?? 8090);
server.listen(port, () => console.log(`fake gateway: http://localhost:${port}`));
