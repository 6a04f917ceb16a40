import type { TargetedEvent } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import type { ChatState } from '../chat/client';
import type { Unsent } from '../chat/outbox';
import { MAX_TEXT, type Button, type Entry } from '../chat/wire';
import { fill, textLanguage } from '../lib/locale';
import { clock, day, sameDay } from '../lib/time';
import { Card, itemsOf } from './cards';
import { Alert, Clock, Down, Mark } from './icons';
import { Rich } from './Rich';
import type { Strings } from './strings';

interface Props {
  state: ChatState;
  locale: string;
  strings: Strings;
  /** The buttons that may still be pressed, and the line that offers them. */
  offer: Offer;
  onChoose(button: Button): void;
  onRetry(id: string): void;
  onEdit(id: string): void;
}

export interface Offer {
  seq: number;
  buttons: Button[];
}

/** Lines of one author within so many seconds stand together. */
const TOGETHER_S = 180;
const NEAR_END_PX = 80;
const ABOVE_PX = 12;

export function Log({ state, locale, strings, offer, onChoose, onRetry, onEdit }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [newer, setNewer] = useState(false);
  const { entries, unsent, typing } = state;
  const last = entries.at(-1)?.seq ?? 0;

  /** To the newest lines; where one answer is taller than the view, to its beginning. One's own words may scroll away. */
  function toEnd(smooth: boolean): void {
    const element = box.current;
    if (!element) return;
    const firsts = element.querySelectorAll<HTMLElement>('.line.first');
    const last = firsts[firsts.length - 1];
    const answer = last && !last.classList.contains('customer') ? last.offsetTop : Infinity;
    const end = element.scrollHeight - element.clientHeight;
    element.scrollTo({ top: smooth ? end : Math.min(end, answer - ABOVE_PX), behavior: smooth ? 'smooth' : 'auto' });
  }
  /** A scroll may be told of when the log has gone. */
  function scrolled({ currentTarget }: TargetedEvent<HTMLElement>): void {
    const { scrollTop, scrollHeight, clientHeight } = currentTarget;
    atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (atEnd.current) setNewer(false);
  }
  useLayoutEffect(() => {
    if (atEnd.current || unsent.length) toEnd(false);
    else setNewer(true);
  }, [last, unsent.length]);
  useLayoutEffect(() => {
    if (atEnd.current) toEnd(false);
  }, [typing]);
  useEffect(() => {
    const observer = new ResizeObserver(() => atEnd.current && toEnd(false));
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);

  return (
    <div class="log-frame">
      <div class="log" ref={box} role="log" aria-live="polite" aria-label={strings.log} aria-busy={state.replaying} tabIndex={0} onScroll={scrolled}>
        {!entries.length && !unsent.length && !state.replaying && !state.elsewhere && <Greeting strings={strings} />}
        {entries.map((entry, index) => (
          <Line key={entry.seq} entry={entry} before={entries[index - 1]} after={entries[index + 1]} locale={locale} strings={strings}
            choices={offer.seq === entry.seq ? offer.buttons : []} onChoose={onChoose} />
        ))}
        {unsent.map((message) => (
          <Waiting key={message.id} message={message} online={state.phase === 'online'} strings={strings} onRetry={onRetry} onEdit={onEdit} />
        ))}
        {typing && <Typing name={typing.author === 'bot' ? strings.name : typing.name || state.agent} bot={typing.author === 'bot'} strings={strings} />}
      </div>
      {newer && (
        <button type="button" class="newer" onClick={() => toEnd(true)}><Down size={16} />{strings.newer}</button>
      )}
    </div>
  );
}

function Greeting({ strings }: { strings: Strings }) {
  return (
    <div class="greeting">
      <span class="stamp"><Mark size={34} /></span>
      <h3>{strings.welcomeTitle}</h3>
      <p>{strings.welcomeText}</p>
    </div>
  );
}

interface LineProps {
  entry: Entry;
  before: Entry | undefined;
  after: Entry | undefined;
  locale: string;
  strings: Strings;
  choices: Button[];
  onChoose(button: Button): void;
}

function joins(one: Entry | undefined, other: Entry | undefined): boolean {
  return !!one && !!other && one.author === other.author && one.name === other.name && Math.abs(one.at - other.at) < TOGETHER_S;
}

function Line({ entry, before, after, locale, strings, choices, onChoose }: LineProps) {
  const first = !joins(before, entry);
  const final = !joins(entry, after);
  const custom = entry.custom ?? {};
  const newDay = !before || !sameDay(before.at, entry.at);
  const separator = newDay && <div class="day"><span>{day(entry.at, Date.now() / 1000, locale)}</span></div>;
  if (entry.author === 'system') {
    if (!entry.text) return <>{separator}</>;
    return <>{separator}<p class="system" dir="auto" lang={textLanguage(entry.text)}><span>{entry.text}</span></p></>;
  }
  const mine = entry.author === 'customer';
  const text = withoutList(entry.text, itemsOf(custom).length);
  const speaker = mine ? strings.you : entry.author === 'agent' ? fill(strings.agent, { name: entry.name || '' }) : strings.assistant;
  return (
    <>
      {separator}
      <div class={`line ${entry.author}${first ? ' first' : ''}${final ? ' final' : ''}`}>
        {!mine && final && <Face name={entry.author === 'agent' ? entry.name ?? '' : ''} />}
        <div class="said">
          {first && entry.author === 'agent' && <span class="speaker" aria-hidden="true">{entry.name}</span>}
          <span class="hidden">{speaker}: </span>
          {text && <div class="bubble" dir="auto" lang={textLanguage(text)}><Rich text={text} ours={entry.author === 'bot'} strings={strings} /></div>}
          {entry.attachment && /^(https?:)?\//.test(entry.attachment) && (
            <a class="picture" href={entry.attachment} target="_blank" rel="noopener noreferrer nofollow">
              <img src={entry.attachment} alt={strings.picture} loading="lazy" />
            </a>
          )}
          <Card custom={custom} locale={locale} strings={strings} choices={choices} onChoose={onChoose} />
          {final && <time dateTime={new Date(entry.at * 1000).toISOString()}>{clock(entry.at, locale)}</time>}
        </div>
      </div>
    </>
  );
}

/** The text without its numbered list, where a card shows the same things. */
export function withoutList(text: string, items: number): string {
  const numbered = /^\s*\d{1,2}[.)、．]\s*\S/;
  const lines = text.split('\n');
  if (!items || lines.filter((line) => numbered.test(line)).length !== items) return text;
  return lines.filter((line) => !numbered.test(line)).join('\n').replace(/\n{2,}/g, '\n').trim();
}

function Face({ name }: { name: string }) {
  return <span class={`face${name ? ' person' : ''}`} aria-hidden="true">{name ? [...name][0] : <Mark size={18} />}</span>;
}

interface WaitingProps {
  message: Unsent;
  online: boolean;
  strings: Strings;
  onRetry(id: string): void;
  onEdit(id: string): void;
}

function Waiting({ message, online, strings, onRetry, onEdit }: WaitingProps) {
  const failed = message.state === 'failed';
  const tooLong = message.code === 'too_long';
  return (
    <div class={`line customer first final unsent${failed ? ' failed' : ''}`}>
      <div class="said">
        <span class="hidden">{strings.you}: </span>
        <div class="bubble" dir="auto" lang={textLanguage(message.text)}><Rich text={message.text} ours={false} strings={strings} /></div>
        <span class="mark" role={failed ? 'alert' : undefined}>
          {failed ? <Alert /> : <Clock />}
          {failed ? (tooLong ? fill(strings.tooLong, { n: MAX_TEXT }) : strings.failed) : online ? strings.sending : strings.waiting}
          {failed && !tooLong && <button type="button" onClick={() => onRetry(message.id)}>{strings.retry}</button>}
          {failed && <button type="button" onClick={() => onEdit(message.id)}>{strings.edit}</button>}
        </span>
      </div>
    </div>
  );
}

function Typing({ name, bot, strings }: { name: string; bot: boolean; strings: Strings }) {
  return (
    <div class={`line ${bot ? 'bot' : 'agent'} first final`}>
      <Face name={bot ? '' : name} />
      <div class="said">
        <div class="bubble dots"><i /><i /><i /><span class="hidden">{fill(strings.typing, { name })}</span></div>
      </div>
    </div>
  );
}
