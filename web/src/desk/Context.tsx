import type { ComponentChildren } from 'preact';

import { fill, readers, textLanguage, type Language } from '../lib/locale';
import { money } from '../lib/money';
import { plain } from '../lib/rich';
import { clock, date } from '../lib/time';
import type { Handoff, Identity, Tried } from './api';
import { FIRST_IN_LINE } from './floor';
import { intentName } from './intents';
import { actionName, codeName, slotName, valueName } from './labels';
import type { Strings } from './strings';

interface Props {
  handoff: Handoff;
  strings: Strings;
  language: Language;
}

/** Slots that say how the bot works, not what the customer wants. */
const INTERNAL = new Set(['identity', 'tried', 'language', 'handover_reason', 'agent_note', 'requested_slot', 'session_started_metadata', 'wanted']);

/** Everything the bot knew, in the order a person needs it: why, who, what it is about, what was done. */
export function Context({ handoff, strings, language }: Props) {
  const { reason, summary, identity, intents, slots, tried } = handoff;
  const known = Object.entries(slots).filter(([name, value]) => !INTERNAL.has(name) && isReadable(value));
  const said = handoff.summaries?.[language] ?? summary;
  const stake = handoff.value ? money(handoff.value, handoff.value_currency || 'CNY', language) : '';
  return (
    <aside class="context" aria-label={strings.context} tabIndex={0}>
      <Part title={strings.reason}>
        <p><span class={`tag ${reason}`}>{strings.reasons[reason] ?? reason}</span>{handoff.priority >= FIRST_IN_LINE && <span class="tag urgent">{strings.first}</span>}</p>
        {stake && <p class="stake">{strings.atStake} <b>{stake}</b></p>}
      </Part>
      {said && <Part title={strings.summary}><p class="summary" dir="auto" lang={textLanguage(said)}>{plain(said)}</p></Part>}
      <Part title={strings.identity}><Who identity={identity} strings={strings} language={language} /></Part>
      <Part title={strings.intents}>
        {intents.length ? (
          <ul class="guesses" role="list">
            {intents.filter((guess, index) => !index || guess.confidence >= 0.005).slice(0, 4).map(({ intent, confidence }) => (
              <li key={intent}>
                <span>{intentName(intent, language)}</span><b>{Math.round(confidence * 100)} %</b>
                <i aria-hidden="true"><i style={{ inlineSize: `${confidence * 100}%` }} /></i>
              </li>
            ))}
          </ul>
        ) : <p class="none">{strings.nothing}</p>}
      </Part>
      <Part title={strings.slots}>
        {known.length ? (
          <dl>{known.map(([name, value]) => <div key={name}><dt>{slotName(name, language)}</dt><dd dir="auto">{plain(shown(value, language))}</dd></div>)}</dl>
        ) : <p class="none">{strings.nothing}</p>}
      </Part>
      <Part title={strings.tried}>
        {tried.length
          ? <ol class="tried">{tried.map((each) => <Attempt key={`${each.action}${each.at}`} tried={each} strings={strings} language={language} />)}</ol>
          : <p class="none">{strings.nothing}</p>}
      </Part>
    </aside>
  );
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return <section><h3>{title}</h3>{children}</section>;
}

function Who({ identity, strings, language }: { identity: Identity | null; strings: Strings; language: Language }) {
  if (!identity) return <p class="who unproven"><b>{strings.unproven}</b><span>{strings.unprovenText}</span></p>;
  const strong = identity.level >= 2;
  const method = identity.method === 'otp' ? strings.byotp : identity.method === 'jwt' ? strings.byjwt : identity.method;
  return (
    <p class={`who${strong ? ' strong' : ''}`}>
      <b><bdi>{plain(identity.name || identity.customer_id)}</bdi></b>
      <span>{fill(strings.customerId, { id: identity.customer_id })}</span>
      <span class="proof">{strong ? strings.level2 : strings.level1}</span>
      <span>{method} · {fill(strings.provenAt, { time: clock(identity.proven_at, readers(language)) })}</span>
    </p>
  );
}

function Attempt({ tried, strings, language }: { tried: Tried; strings: Strings; language: Language }) {
  const { action, outcome, at, detail } = tried;
  const word = outcome === 'done' ? strings.done : outcome === 'failed' ? strings.failed : strings.refusedOutcome;
  return (
    <li class={outcome}>
      <span>{actionName(action, language)}</span><span class={`tag outcome-${outcome}`}>{word}</span>
      <small>{clock(at, readers(language))}{detail && ` · ${codeName(detail, language)}`}</small>
    </li>
  );
}

/** Whether a slot holds what a person can read: a word, a number, an amount, a span of days, or a few of these. */
function isReadable(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every(isReadable);
  if (typeof value !== 'object' || value === null) return value !== null && value !== undefined && value !== '';
  return 'minor' in value || ('from' in value && 'to' in value);
}

function shown(value: unknown, language: Language): string {
  if (typeof value === 'object' && value) {
    const { minor, currency, from, to } = value as Record<string, unknown>;
    if (typeof minor === 'number') return money(minor, typeof currency === 'string' ? currency : 'CNY', language);
    if (from && to) return `${date(from, readers(language))} – ${date(to, readers(language))}`;
    if (Array.isArray(value)) return value.map((each) => shown(each, language)).join(language === 'zh' ? '、' : ', ');
  }
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)) return date(value, readers(language));
  return valueName(String(value), language);
}
