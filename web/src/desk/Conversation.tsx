import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import type { Entry } from '../chat/wire';
import { fill, readers, textLanguage, type Language } from '../lib/locale';
import { plain } from '../lib/rich';
import { clock, day, sameDay } from '../lib/time';
import { isComposing } from '../widget/Composer';
import { Rich } from '../widget/Rich';
import { stringsFor } from '../widget/strings';
import type { Details } from './api';
import type { DeskState, Draft } from './client';
import { cardName } from './labels';
import { Masked } from './Masked';
import { languageTag } from './QueuePane';
import type { Strings } from './strings';

export interface Acts {
  onAccept(): void;
  onSay(text: string, id?: string): void;
  onReveal(seq: number, reason: string): Promise<void>;
  onTyping(on: boolean): void;
  onDraft(text: string): void;
  onWrapUp(): void;
  onGiveBack(): void;
  /** Back into its old place in line. */
  onPutBack(): void;
  /** A supervisor gives it to an agent, or takes it over. */
  onAssign(agent: string): void;
  onContext(): void;
  onBack(): void;
}

interface Props extends Acts {
  details: Details;
  state: DeskState;
  strings: Strings;
  language: Language;
  contextOpen: boolean;
}

export function Conversation(props: Props) {
  const { details, state, strings, language } = props;
  const { handoff, entries } = details;
  const { id } = handoff;
  const mine = state.floor.mine.some((each) => each.id === id);
  const waiting = state.floor.waiting.some((each) => each.id === id);
  const others = (state.floor.others ?? []).some((each) => each.id === id);
  const name = plain(handoff.identity?.name || handoff.customer_name || strings.guest);
  const unsent = state.unsent[id] ?? [];
  const end = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => end.current?.scrollTo({ top: end.current.scrollHeight }), [id, entries.length, unsent.length, state.typing[id]]);
  return (
    <section class="conversation" aria-label={`${strings.transcript}: ${name}`}>
      <header>
        <button type="button" class="tool back" aria-label={strings.back} onClick={props.onBack}>‹</button>
        <h2><bdi>{name}</bdi> <span class="language">{languageTag(handoff.language)}</span></h2>
        <button type="button" class="tool context-toggle" aria-expanded={props.contextOpen} onClick={props.onContext}>{strings.context}</button>
        {mine && <button type="button" class="plain" onClick={props.onPutBack}>{strings.putBack}</button>}
        {mine && <button type="button" class="plain" onClick={props.onGiveBack}>{strings.giveBack}</button>}
        {mine && <button type="button" class="plain strong" onClick={props.onWrapUp}>{strings.wrapUp}</button>}
      </header>
      <div class="transcript" role="log" aria-live="polite" aria-label={strings.transcript} tabIndex={0} ref={end}>
        {entries.map((entry, index) => (
          <Line key={entry.seq} entry={entry} before={entries[index - 1]} name={name} strings={strings} language={language} onReveal={mine ? props.onReveal : undefined} />
        ))}
        {unsent.map((draft) => <Unsent key={draft.id} draft={draft} strings={strings} onRetry={() => props.onSay(draft.text, draft.id)} />)}
        {state.typing[id] && <p class="typing">{fill(strings.typing, { name })}</p>}
      </div>
      {mine
        ? <Reply key={id} name={name} draft={state.drafts[id] ?? ''} strings={strings} onSay={props.onSay} onTyping={props.onTyping} onDraft={props.onDraft} />
        : <Offer waiting={waiting} agent={agentName(details)} strings={strings} onAccept={props.onAccept}>
            {others && <Relieve state={state} strings={strings} onPutBack={props.onPutBack} onAssign={props.onAssign} />}
          </Offer>}
    </section>
  );
}

function agentName({ agent }: Details): string {
  return typeof agent === 'string' ? agent : (agent?.name ?? '');
}

interface OfferProps {
  waiting: boolean;
  agent: string;
  strings: Strings;
  children?: ComponentChildren;
  onAccept(): void;
}

function Offer({ waiting, agent, strings, children, onAccept }: OfferProps) {
  return (
    <footer class="offer">
      <p>{waiting ? strings.watching : agent ? fill(strings.watchingOther, { name: agent }) : strings.ended}</p>
      {waiting && <button type="button" class="primary" onClick={onAccept}>{strings.accept} <kbd>A</kbd></button>}
      {children}
    </footer>
  );
}

/** What a supervisor does with a conversation that a colleague has. */
function Relieve({ state, strings, onPutBack, onAssign }: Pick<Props, 'state' | 'strings' | 'onPutBack' | 'onAssign'>) {
  const free = state.floor.agents.filter((each) => each.id !== state.agent?.id && each.state !== 'offline' && each.load < each.capacity);
  return (
    <span class="relieve">
      <select aria-label={strings.giveTo} value="" onChange={(event) => event.currentTarget.value && onAssign(event.currentTarget.value)}>
        <option value="">{strings.giveTo}</option>
        {free.map((each) => <option key={each.id} value={each.id}>{each.name}</option>)}
      </select>
      <button type="button" class="plain" onClick={onPutBack}>{strings.putBack}</button>
      <button type="button" class="primary" onClick={() => onAssign(state.agent?.id ?? '')}>{strings.takeOver}</button>
    </span>
  );
}

interface LineProps {
  entry: Entry;
  before: Entry | undefined;
  name: string;
  strings: Strings;
  language: Language;
  /** Not where nobody here has the conversation. */
  onReveal: ((seq: number, reason: string) => Promise<void>) | undefined;
}

function Line({ entry, before, name, strings, language, onReveal }: LineProps) {
  const separator = (!before || !sameDay(before.at, entry.at)) && <p class="day">{day(entry.at, Date.now() / 1000, readers(language))}</p>;
  if (entry.author === 'system') {
    return <>{separator}{entry.text && <p class="system"><span lang={textLanguage(entry.text)}>{plain(entry.text)}</span> <time>{clock(entry.at, readers(language))}</time></p>}</>;
  }
  const first = !before || before.author !== entry.author || before.name !== entry.name;
  const speaker = entry.author === 'customer' ? name : entry.author === 'agent' ? entry.name || strings.you : strings.bot;
  const card = entry.custom?.['card'];
  const offered = notSaid(entry);
  return (
    <>
      {separator}
      <div class={`said ${entry.author}${first ? ' first' : ''}`}>
        {first && <p class="speaker"><bdi>{plain(speaker)}</bdi><time>{clock(entry.at, readers(language))}</time></p>}
        {entry.text && <div class="bubble" dir="auto" lang={textLanguage(entry.text)}><Rich text={entry.text} ours={entry.author === 'bot'} strings={stringsFor(language)} /></div>}
        {entry.masked && entry.masked.length > 0 && onReveal && (
          <Masked kinds={entry.masked} strings={strings} onReveal={(reason) => onReveal(entry.seq, reason)} />
        )}
        {entry.attachment && /^(https?:)?\//.test(entry.attachment) && <p class="aside">{entry.attachment}</p>}
        {typeof card === 'string' && !entry.text && <p class="aside">{fill(strings.shown, { card: cardName(card, language) })}</p>}
        {offered.length > 0 && (
          <ul class="offered" role="list" aria-label={strings.offered}>{offered.map((button) => <li key={button.payload}>{plain(button.title)}</li>)}</ul>
        )}
      </div>
    </>
  );
}

/** The buttons that the text beside them does not list already. */
export function notSaid({ text, buttons }: Entry): NonNullable<Entry['buttons']> {
  const items = (text ?? '').split('\n').filter((line) => /^\s*\d{1,2}[.)、．]\s*\S/.test(line));
  return (buttons ?? []).filter((_, index) => index >= items.length);
}

function Unsent({ draft, strings, onRetry }: { draft: Draft; strings: Strings; onRetry(): void }) {
  return (
    <div class="said agent first unsent">
      <div class="bubble" dir="auto" lang={textLanguage(draft.text)}>{plain(draft.text)}</div>
      <p class="aside" role={draft.failed ? 'alert' : undefined}>
        {draft.failed ? strings.notSent : strings.sending}
        {draft.failed && <button type="button" onClick={onRetry}>{strings.retry}</button>}
      </p>
    </div>
  );
}

interface ReplyProps extends Pick<Acts, 'onSay' | 'onTyping' | 'onDraft'> {
  name: string;
  /** What was begun here before another conversation was looked at. */
  draft: string;
  strings: Strings;
}

function Reply({ name, draft, strings, onSay, onTyping, onDraft }: ReplyProps) {
  const [text, begin] = useState(draft);
  function setText(now: string): void {
    begin(now);
    onDraft(now);
  }
  const field = useRef<HTMLTextAreaElement>(null);
  const composed = useRef(0);
  const label = fill(strings.reply, { name });
  useEffect(() => field.current?.focus({ preventScroll: true }), []);
  useLayoutEffect(() => {
    const element = field.current!;
    element.style.blockSize = 'auto';
    element.style.blockSize = `${Math.min(element.scrollHeight, 180)}px`;
  }, [text]);
  function send(): void {
    if (!text.trim()) return;
    onSay(text.trim());
    setText('');
    field.current?.focus();
  }
  return (
    <form class="reply" onSubmit={(event) => { event.preventDefault(); send(); }}>
      <textarea id="reply" ref={field} rows={2} value={text} aria-label={label} placeholder={label} dir="auto" maxLength={4000}
        onInput={(event) => { setText(event.currentTarget.value); onTyping(!!event.currentTarget.value.trim()); }}
        onCompositionEnd={() => (composed.current = Date.now())}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
          if (event.key !== 'Enter' || event.shiftKey || isComposing(event) || Date.now() - composed.current < 50) return;
          event.preventDefault();
          send();
        }} />
      <div class="reply-foot"><small>{strings.replyHint}</small><button type="submit" class="primary" disabled={!text.trim()}>{strings.send}</button></div>
    </form>
  );
}
