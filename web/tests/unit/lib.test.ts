import { expect, test } from 'vitest';

import { apply, type Update } from '../../src/desk/floor';
import type { FloorState, Summary } from '../../src/desk/api';
import { money } from '../../src/lib/money';
import { pieces } from '../../src/lib/rich';
import { day, span } from '../../src/lib/time';
import { memory } from '../../src/chat/memory';
import { bestInk, contrast, towards } from '../../src/widget/accent';
import { withoutList } from '../../src/widget/Log';
import { word } from '../../src/widget/strings';

test('only http addresses become links, and HTML stays text', () => {
  const links = (text: string) => pieces(text).flatMap((piece) => (piece.kind === 'link' ? piece.href : []));
  expect(links('see https://example.com/a?b=1. or javascript:alert(1)')).toEqual(['https://example.com/a?b=1']);
  expect(links('[here](https://example.com/x) 见 https://example.com/帮助。谢谢')).toEqual(['https://example.com/x', 'https://example.com/%E5%B8%AE%E5%8A%A9']);
  expect(links('[bank](javascript:alert(1)) https://bank.com@evil.example/')).toEqual([]);
  expect(pieces('<b>**bold**</b>').map((piece) => piece.text).join('')).toBe('<b>bold</b>');
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
