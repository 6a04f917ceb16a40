import type { ComponentChildren } from 'preact';

import type { Button } from '../chat/wire';
import { languageOf } from '../lib/locale';
import { money } from '../lib/money';
import { date } from '../lib/time';
import { Check } from './icons';
import { fill } from '../lib/locale';
import { type Strings, word } from './strings';

/** Fields as the account services name them: docs/widget.md lists what each card reads. */
type Item = Record<string, unknown>;

interface View {
  item: Item;
  locale: string;
  strings: Strings;
}

interface CardProps {
  custom: Record<string, unknown>;
  locale: string;
  strings: Strings;
  /** The buttons that may still be pressed. */
  choices: Button[];
  onChoose(button: Button): void;
}

/** Cards of one whole thing, drawn from its `record`. */
const RECORDS: Record<string, (view: View) => ComponentChildren> = { refund: Refund, transfer: Transfer, card: BankCard, bill: Bill, limits: Limits };
const LISTS = new Set([...Object.keys(RECORDS), 'payments', 'refunds', 'transfers', 'cards']);

/** The card of a log line, or nothing where it has none that we know: then its text says it all. */
export function Card({ custom, locale, strings, choices, onChoose }: CardProps) {
  const kind = String(custom['card']);
  const items = itemsOf(custom);
  const Whole = RECORDS[kind];
  const record = custom['record'];
  if (Whole && isItem(record)) return <div class={`card card-${kind}`}><div class="whole"><Whole item={record} locale={locale} strings={strings} /></div></div>;
  if (!items.length) return null;
  return (
    <ul class={`card card-${kind}`} role="list">
      {items.map((item) => {
        const button = choiceFor(item, choices);
        const row = <Row item={item} locale={locale} />;
        return <li key={text(item, 'id')}>{button ? <button type="button" class="choice" onClick={() => onChoose(button)}>{row}</button> : row}</li>;
      })}
    </ul>
  );
}

/** The things a card lists; none where it is no card we know. */
export function itemsOf(custom: Record<string, unknown>): Item[] {
  const { card, items } = custom;
  return LISTS.has(String(card)) && Array.isArray(items) ? items.filter(isItem).slice(0, 10) : [];
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null;
}

/** The button that means this very thing: its payload carries the thing's id. */
export function choiceFor(item: Item, buttons: Button[]): Button | undefined {
  const id = text(item, 'id');
  return id ? buttons.find((button) => button.payload.includes(`"${id}"`)) : undefined;
}

/** One line of a list, in words the bot chose. An id with a digit is a number people quote. */
function Row({ item, locale }: { item: Item; locale: string }) {
  const [title, id, status] = [text(item, 'title'), text(item, 'id'), text(item, 'status')];
  return (
    <span class="row">
      <span class="seal" aria-hidden="true">{[...title][0] ?? '·'}</span>
      <span class="grow">
        <b dir="auto">{title}</b>
        {item['date'] ? <small>{date(item['date'], locale)}</small> : null}
        {/\d{5}/.test(id) && <small class="id">{id}</small>}
      </span>
      <span class="end">
        {text(item, 'amount') && <b class="amount">{text(item, 'amount')}</b>}
        {status && <Status code={status} locale={locale} />}
      </span>
    </span>
  );
}

function text(item: Item, ...names: string[]): string {
  for (const name of names) {
    const value = item[name];
    if (typeof value === 'string' && value) return value;
    if (typeof value === 'number') return String(value);
  }
  return '';
}

function amount({ item, locale }: View, name = 'amount_minor'): string {
  const value = item[name];
  return typeof value === 'number' ? money(value, text(item, 'currency') || 'CNY', locale) : '';
}

const TONES: Record<string, string> = {
  completed: 'good', active: 'good', delivered: 'good', refunded: 'good',
  failed: 'bad', lost: 'bad', overdue: 'bad', returned: 'bad', declined: 'bad',
  pending: 'wait', processing: 'wait', requested: 'wait', approved: 'wait', sent_to_bank: 'wait', frozen: 'wait', shipped: 'wait',
};

function Status({ code, locale }: { code: string; locale: string }) {
  const said = word(code, languageOf(locale));
  return said ? <span class={`status ${TONES[code] ?? ''}`}>{said}</span> : null;
}

const REFUND_STEPS = ['requested', 'approved', 'sent_to_bank', 'completed'] as const;
const REFUND_MOMENTS = ['requested_at', 'approved_at', 'sent_at', 'completed_at'];

function Refund(view: View) {
  const { item, locale, strings } = view;
  const status = text(item, 'status');
  const reached = REFUND_STEPS.indexOf(status as (typeof REFUND_STEPS)[number]);
  const due = item['expected_on'];
  return (
    <>
      <div class="row">
        <span class="grow"><b class="amount big">{amount(view)}</b><small dir="auto">{text(item, 'merchant')} · <span class="id">{text(item, 'id')}</span></small></span>
        <Status code={item['overdue'] === true ? 'overdue' : status} locale={locale} />
      </div>
      {reached >= 0 && (
        <ol class="steps">
          {REFUND_STEPS.map((step, index) => (
            <li key={step} class={index <= reached ? 'done' : ''} aria-current={index === reached ? 'step' : undefined}>
              <i aria-hidden="true">{index <= reached && <Check />}</i>
              <span>{index === 3 ? strings.arrived : word(step, languageOf(locale))}</span>
              <small>
                {index <= reached ? date(item[REFUND_MOMENTS[index]!], locale)
                  : index === 3 && due ? fill(strings.expectedBy, { date: date(due, locale) }) : ''}
              </small>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

function Transfer(view: View) {
  const { item, locale, strings } = view;
  const incoming = item['direction'] === 'in';
  const status = text(item, 'status');
  const due = item['arrives_at'] ?? item['expected_on'];
  return (
    <>
      <div class="row">
        <span class="grow">
          <b dir="auto">{fill(incoming ? strings.transferFrom : strings.transferTo, { name: text(item, 'counterparty', 'to') })}</b>
          <small>{text(item, 'account')} · <span class="id">{text(item, 'id')}</span></small>
        </span>
        <span class="end">
          <b class="amount">{incoming ? '+' : '−'}{amount(view)}</b>
          <Status code={status} locale={locale} />
        </span>
      </div>
      {status === 'processing' && due != null && (
        <p class="note">{strings.expected} <b>{date(due, locale, { time: true })}</b></p>
      )}
    </>
  );
}

function BankCard({ item, locale, strings }: View) {
  const status = text(item, 'status');
  const replacement = item['replacement'] as Item | null | undefined;
  return (
    <>
      <div class={`bank-card ${status}`}>
        <span class="network">{text(item, 'network', 'brand') || strings.card}</span>
        <span class="kind">{item['kind'] ? word(text(item, 'kind'), languageOf(locale)) : ''}</span>
        <span class="number"><span aria-hidden="true">•••• </span>{text(item, 'ending', 'card_ending')}</span>
        <Status code={status} locale={locale} />
      </div>
      {replacement && (
        <p class="note">
          {strings.newCard} <span aria-hidden="true">•••• </span>{text(replacement, 'ending')}
          {' · '}{word(text(replacement, 'status'), languageOf(locale))}
          {replacement['expected_on'] ? ` · ${date(replacement['expected_on'], locale)}` : ''}
        </p>
      )}
    </>
  );
}

function Bill(view: View) {
  const { item, locale, strings } = view;
  const categories = Array.isArray(item['categories']) ? (item['categories'] as Item[]).slice(0, 6) : [];
  const most = Math.max(1, ...categories.map((each) => Number(each['amount_minor']) || 0));
  return (
    <>
      <div class="row">
        <span class="grow"><b>{date(item['month'], locale)}</b>{item['open'] === true && <small>{strings.running}</small>}</span>
        <span class="end"><small>{strings.spent}</small><b class="amount big">{amount(view, 'spent_minor')}</b></span>
      </div>
      <ul class="bars" role="list">
        {categories.map((each) => {
          const minor = Number(each['amount_minor']) || 0;
          return (
            <li key={text(each, 'category')}>
              <span>{word(text(each, 'category', 'name'), languageOf(locale))}</span>
              <b class="amount">{money(minor, text(item, 'currency') || 'CNY', locale)}</b>
              <i aria-hidden="true"><i style={{ inlineSize: `${(100 * Math.max(0, minor)) / most}%` }} /></i>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Limits(view: View) {
  const { item, strings } = view;
  const used = Number(item['used_today_minor']) || 0;
  const limit = Math.max(1, Number(item['daily_minor']) || 1);
  const left = amount(view, 'left_today_minor');
  return (
    <>
      {left && <b class="amount big">{fill(strings.left_today, { left })}</b>}
      <i class="meter" aria-hidden="true"><i style={{ inlineSize: `${Math.min(100, (100 * used) / limit)}%` }} /></i>
      <small>{fill(strings.of, { used: amount(view, 'used_today_minor'), limit: amount(view, 'daily_minor') })}</small>
      {typeof item['single_minor'] === 'number' && <small>{fill(strings.single, { amount: amount(view, 'single_minor') })}</small>}
    </>
  );
}
