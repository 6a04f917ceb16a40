import { expect, test } from 'vitest';

import { apply, type Update } from '../../src/desk/floor';
import type { FloorState, Summary } from '../../src/desk/api';
import { money } from '../../src/lib/money';
import { pieces, plain } from '../../src/lib/rich';
import { formOf } from '../../src/lib/locale';
import { clock, date, day, span } from '../../src/lib/time';
import { memory } from '../../src/chat/memory';
import { bestInk, contrast, towards } from '../../src/widget/accent';
import { askedFor } from '../../src/shop/api';
import { withoutList } from '../../src/widget/Log';
import { word } from '../../src/widget/strings';

test('only http addresses become links, and HTML stays text', () => {
  const links = (text: string) => pieces(text, { ours: true }).flatMap((piece) => (piece.kind === 'link' ? piece.href : []));
  expect(links('see https://example.com/a?b=1. or javascript:alert(1)')).toEqual(['https://example.com/a?b=1']);
  expect(links('[here](https://example.com/x) 见 https://example.com/帮助。谢谢')).toEqual(['https://example.com/x', 'https://example.com/%E5%B8%AE%E5%8A%A9']);
  expect(links('[bank](javascript:alert(1)) https://bank.com@evil.example/')).toEqual([]);
  expect(pieces('<b>**bold**</b>', { ours: true }).map((piece) => piece.text).join('')).toBe('<b>bold</b>');
});

test('what people wrote shows each address as what it opens, and no title', () => {
  const text = '[https://bank.example](https://evil.example/a) **now**';
  const theirs = pieces(text, { ours: false });
  expect(theirs.map((piece) => piece.text).join('')).toBe(text);
  expect(theirs.flatMap((piece) => (piece.kind === 'link' ? [[piece.text, piece.href]] : []))).toEqual([
    ['https://bank.example', 'https://bank.example/'], ['https://evil.example/a', 'https://evil.example/a'],
  ]);
  expect(theirs.some((piece) => piece.kind === 'strong')).toBe(false);
  for (const kind of ['bot.example', 'https://bot.example', 'www.bot.example/x', 'bot.example/x']) {
    const [link] = pieces(`[${kind}](https://evil.example)`, { ours: true });
    expect(link).toEqual({ kind: 'link', text: 'https://evil.example', href: 'https://evil.example/' });
  }
  expect(pieces('[Help](https://bank.example/h)', { ours: true })).toEqual([{ kind: 'link', text: 'Help', href: 'https://bank.example/h' }]);
});

test('letters that pass for others are seen', () => {
  const shown = (text: string) => pieces(text, { ours: false }).map((piece) => piece.text).join('');
  expect(shown('https://\u0440\u0430\u0443\u0440\u0430l.com/pay')).toBe('https://xn--l-7sba6dbr.com/pay');
  expect(pieces('https://bank.com\uff0fx.evil.example/', { ours: false }).map((piece) => piece.kind)).toEqual(['text']);
  expect(shown('HTTPS://Bank.Example/A')).toBe('https://bank.example/A');
  expect(shown('https://bank.com\\@evil.example/')).toBe('https://bank.com/@evil.example/');
  expect(pieces('https://bank.com\\@evil.example/', { ours: false })[0]).toMatchObject({ href: 'https://bank.com/@evil.example/' });
});

test('signs that turn text around are gone', () => {
  expect(plain('pay \u202egpj.exe\u202c \u2066x\u2069 \u200f\u061c!')).toBe('pay gpj.exe x !');
  expect(plain('\u0645\u0631\u062d\u0628\u0627 你好 \u{1f468}\u200d\u{1f469}')).toBe('\u0645\u0631\u062d\u0628\u0627 你好 \u{1f468}\u200d\u{1f469}');
  expect(pieces('https://a.example/\u202emoc.knab', { ours: false })).toEqual([
    { kind: 'link', text: 'https://a.example/moc.knab', href: 'https://a.example/moc.knab' },
  ]);
});

test('stars that hide digits make nothing bold', () => {
  for (const text of ['+1 ***-***-0155', '**** **** **** 1234', '** a **', '****', '2 ** 3 ** 4', '***x***']) {
    expect(pieces(text, { ours: true })).toEqual([{ kind: 'text', text }]);
  }
  expect(pieces('a **b c** d', { ours: true })).toEqual([{ kind: 'text', text: 'a ' }, { kind: 'strong', text: 'b c' }, { kind: 'text', text: ' d' }]);
});

test('dates of one language have one form', () => {
  expect([date('2026-11-23', 'en-GB'), date('2026-11-23', 'en-US'), date('2026-11-23', 'en')]).toEqual(['Nov 23', 'Nov 23', 'Nov 23']);
  expect(date('2026-11', 'en-GB')).toBe('November 2026');
  expect(date('2026-11-23', 'zh-CN')).toBe('11月23日');
});

test('amounts have the digits of their currency', () => {
  expect(money(8900, 'CNY', 'zh-CN')).toBe('¥89.00');
  expect(money(500, 'JPY', 'en')).toBe('¥500');
});

test('days are told as a reader would', () => {
  const noon = new Date(2026, 10, 22, 12).getTime() / 1000;
  expect(day(noon - 3600, noon, 'en')).toBe('Today');
  expect(day(noon - 86_400, noon, 'zh-CN')).toBe('昨天');
  expect(day(noon - 30 * 86_400, noon, 'en')).toBe('October 23');
  expect([span(45, 'en'), span(185, 'en'), span(3900, 'zh')]).toEqual(['45 s', '3 min 05 s', '1小时 05分']);
});

test('a numbered list is left out only where the card shows exactly that many things', () => {
  const text = 'Which one?\n1. Coffee\n2) Books\n';
  expect(withoutList(text, 2)).toBe('Which one?');
  expect(withoutList(text, 3)).toBe(text);
  expect(withoutList('12.50 is due', 0)).toBe('12.50 is due');
});

function summary(id: string, waiting_since: number, priority = 0): Summary {
  return {
    id, waiting_since, priority, due_at: waiting_since + 60, conversation_id: id, channel: 'native', language: 'en', queue: 'main',
    reason: 'asked', summary: '', customer_name: '', intents: [],
  };
}

test('the floor after updates is what a fresh fetch would give', () => {
  const start: FloorState = { seq: 4, waiting: [summary('a', 10)], mine: [], agents: [] };
  const updates: Update[] = [
    { kind: 'waiting.added', handoff_id: 'b', handoff: summary('b', 20, 5) },
    { kind: 'accepted', handoff_id: 'a', agent_id: 'lin' },
    { kind: 'closed', handoff_id: 'a', agent_id: 'lin' },
  ];
  const after = updates.reduce<FloorState | null>((floor, update, index) => floor && apply(floor, 5 + index, update, 'lin'), start);
  expect(after).toEqual({ seq: 7, waiting: [summary('b', 20, 5)], mine: [], agents: [] });
  expect(apply(start, 5, updates[0]!, 'lin')!.waiting.map((each) => each.id)).toEqual(['b', 'a']);
});

test('a gap or an unknown update asks for the whole floor', () => {
  const floor: FloorState = { seq: 4, waiting: [], mine: [], agents: [] };
  expect(apply(floor, 6, { kind: 'waiting.removed', handoff_id: 'a' }, 'lin')).toBeNull();
  expect(apply(floor, 5, { kind: 'hello' }, 'lin')).toBeNull();
  expect(apply(floor, 4, { kind: 'hello' }, 'lin')).toBe(floor);
});

test('storage that works is all there is: what another tab removed does not come back', () => {
  const kept = new Map<string, string>();
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) } as Storage;
  const shared = memory(() => storage);
  shared.set('who', 'Emma');
  kept.delete('who');
  expect([shared.lasting, shared.get('who')]).toEqual([true, null]);
  const blocked = memory(() => { throw new Error('blocked'); });
  blocked.set('who', 'Emma');
  expect([blocked.lasting, blocked.get('who')]).toEqual([false, 'Emma']);
});

test('on any accent there is an ink that can be read, and any accent becomes one', () => {
  for (let hue = 0; hue < 4096; hue += 37) {
    const accent = [(hue >> 8) * 17, ((hue >> 4) & 15) * 17, (hue & 15) * 17] as [number, number, number];
    const inks: Record<string, [number, number, number]> = { '#ffffff': [255, 255, 255], '#14231f': [20, 35, 31], '#000000': [0, 0, 0] };
    expect(contrast(inks[bestInk(accent)]!, accent)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(towards(accent, [0, 0, 0], [229, 241, 237]), [229, 241, 237])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(towards(accent, [255, 255, 255], [23, 52, 45]), [23, 52, 45])).toBeGreaterThanOrEqual(4.5);
  }
});

test('codes never reach anybody’s eyes, words do', () => {
  expect([word('sent_to_bank', 'en'), word('action_request_refund', 'en'), word('code_wrong', 'zh'), word('On hold', 'en'), word('处理', 'zh')])
    .toEqual(['Sent to bank', '', '', 'On hold', '处理']);
});

test('dates and times have the one form in which the bot writes them', () => {
  const at = new Date(2026, 10, 3, 9, 5).getTime() / 1000;
  expect([date('2026-11-23', formOf('en')), date('2026-11-23', formOf('zh'))]).toEqual(['Nov 23', '11月23日']);
  expect([clock(at, formOf('en')).replace(/\s/, ' '), clock(at, formOf('zh'))]).toEqual(['9:05 AM', '09:05']);
});

test('a text message that asks for a word offers to send it back', () => {
  expect(askedFor('Not you? Reply STOP to this message and it stays as it is.')).toBe('STOP');
  expect(askedFor('如非本人操作，请直接回复“停止”，号码将保持不变。')).toBe('停止');
  expect(askedFor('Reply to nobody with your code 204511.')).toBeNull();
});
