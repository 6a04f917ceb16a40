import { useEffect, useRef, useState } from 'preact/hooks';

import type { ChatClient, ChatState } from '../chat/client';
import type { Button } from '../chat/wire';
import { useSettled, useStore } from '../lib/hooks';
import { fill, formOf, languageOf, type Language } from '../lib/locale';
import { span } from '../lib/time';
import { Composer, isComposing } from './Composer';
import { Alert, Close, Down, Mark, Person, Shield } from './icons';
import { choiceFor, itemsOf } from './cards';
import { Log, type Offer } from './Log';
import { type Strings, stringsFor } from './strings';
import { inertRest, useKeyboardArea } from './screen';

interface Props {
  client: ChatClient;
  locale: string;
  /** When the host put text into the field. */
  draftAt: number;
  host: HTMLElement;
  full: boolean;
  onClose(): void;
  onLanguage(language: Language): void;
}

/** So long a line must have been on the screen to count as read. */
const LOOK_MS = 700;

export function Panel({ client, locale, draftAt, host, full, onClose, onLanguage }: Props) {
  const state = useStore(client);
  const strings = stringsFor(languageOf(locale));
  const panel = useRef<HTMLElement>(null);
  const [editedAt, setEdited] = useState(0);
  useKeyboardArea(host, full);
  useEffect(() => (full ? inertRest(host) : undefined), [full, host]);
  useEffect(() => {
    focusField(panel.current);
  }, []);
  useEffect(() => {
    const seen = () => document.visibilityState === 'visible' && client.markRead();
    const looked = setTimeout(seen, LOOK_MS);
    document.addEventListener('visibilitychange', seen);
    return () => {
      clearTimeout(looked);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [client, state.entries]);

  const offer = offered(state, strings.starters);
  const choose = (button: Button) => {
    client.choose(button);
    focusField(panel.current);
  };
  const placeholder = state.holder === 'human' && state.agent ? fill(strings.placeholderAgent, { name: state.agent }) : strings.placeholder;
  return (
    <section class="panel" ref={panel} role="dialog" aria-modal={full} aria-label={strings.panel} tabIndex={-1}
      onKeyDown={(event) => event.key === 'Escape' && !isComposing(event) && onClose()}>
      <Header state={state} locale={locale} strings={strings} onClose={onClose} onLanguage={onLanguage} />
      <Notice state={state} strings={strings} />
      <Log state={state} locale={locale} strings={strings} offer={offer} onChoose={choose} onRetry={(id) => client.retry(id)}
        onEdit={(id) => { client.draft = client.discard(id); setEdited(Date.now()); }} />
      <div class="foot">
        <QuickReplies buttons={offer.buttons.filter((button) => !offer.shown.includes(button))} strings={strings} onChoose={choose} />
        <Composer key={state.era} placeholder={placeholder} strings={strings} draftAt={Math.max(draftAt, editedAt)} closed={state.elsewhere}
          kept={() => client.draft} onKeep={(text) => (client.draft = text)} onSend={(text) => client.send(text)} onTyping={(on) => client.typing(on)} />
      </div>
    </section>
  );
}

/** The buttons of the newest replies, until the customer answers or a person takes over; at first, ways to begin. */
function offered({ phase, entries, unsent, holder, replaying, elsewhere }: ChatState, starters: string[]): Offer & { shown: Button[] } {
  const none = { seq: 0, buttons: [], shown: [] };
  if (holder === 'human' || unsent.length || replaying || elsewhere) return none;
  if (!entries.length && phase === 'online') return { ...none, buttons: starters.map((title) => ({ title, payload: '' })) };
  for (const { seq, author, buttons, custom } of [...entries].reverse()) {
    if (author === 'customer') return none;
    if (!buttons?.length) continue;
    const shown = itemsOf(custom ?? {}).flatMap((item) => choiceFor(item, buttons) ?? []);
    return { seq, buttons, shown };
  }
  return none;
}

/** A pressed button goes away; focus must not go with it. On touch screens a focused field would raise the keyboard. */
function focusField(panel: HTMLElement | null): void {
  const target = matchMedia('(pointer: coarse)').matches ? panel : panel?.querySelector('textarea');
  target?.focus({ preventScroll: true });
}

/** What may be opened: nothing that runs in this page. */
const isLink = (url: string) => /^(https?:\/\/|mailto:|tel:)/i.test(url);

function QuickReplies({ buttons, strings, onChoose }: { buttons: Button[]; strings: Strings; onChoose(button: Button): void }) {
  if (!buttons.length) return null;
  return (
    <div class="quick" role="group" aria-label={strings.quick}>
      {buttons.map((button) => (button.url !== undefined && isLink(button.url)
        ? <a key={button.url + button.title} dir="auto" href={button.url} target="_blank" rel="noopener noreferrer">{button.title}</a>
        : <button type="button" key={button.payload + button.title} dir="auto" onClick={() => onChoose(button)}>{button.title}</button>
      ))}
    </div>
  );
}

interface HeaderProps {
  state: ChatState;
  locale: string;
  strings: Strings;
  onClose(): void;
  onLanguage(language: Language): void;
}

function Header({ state, locale, strings, onClose, onLanguage }: HeaderProps) {
  const human = state.holder === 'human' && state.agent;
  const line = human ? fill(strings.withAgent, { name: state.agent }) : state.holder === 'queued' ? strings.queued : strings.tagline;
  const other = languageOf(locale) === 'zh' ? 'en' : 'zh';
  return (
    <div class="head">
      <span class={`seal-mark ${state.holder}`} aria-hidden="true">{human ? [...state.agent][0] : <Mark size={26} />}</span>
      <div class="who">
        <div class="title"><h2>{strings.name}</h2><SignedIn state={state} strings={strings} /></div>
        <p><i class={`presence ${state.phase === 'online' ? state.holder : 'off'}`} aria-hidden="true" />{line}</p>
      </div>
      <button type="button" class="tool language" lang={formOf(other)} aria-label={strings.languageLabel} onClick={() => onLanguage(other)}>{strings.language}</button>
      <button type="button" class="tool" aria-label={strings.close} onClick={onClose}><Close /></button>
    </div>
  );
}

function SignedIn({ state: { identity }, strings }: { state: ChatState; strings: Strings }) {
  if (!identity) return null;
  const proven = identity.level >= 2;
  const title = fill(strings.signedIn, { name: identity.name }) + (proven ? ` · ${strings.verified}` : '');
  return (
    <span class={`identity${proven ? ' proven' : ''}`} title={title}>
      {proven ? <Shield /> : <Person />}<span class="hidden">{title}</span><span aria-hidden="true">{identity.name || strings.signedInShort}</span>
    </span>
  );
}

function Notice({ state, strings }: { state: ChatState; strings: Strings }) {
  const away = state.phase === 'offline' || state.phase === 'connecting';
  const offline = useSettled(away, 2_500) || (away && !navigator.onLine);
  const busy = useSettled(state.busyUntil !== null, 800);
  const [kind, content] = state.elsewhere ? ['warn', strings.elsewhere] : offline ? ['warn', strings.offline]
    : busy ? ['warn', strings.busy]
    : state.identityProblem ? ['warn', strings.expired]
    : state.holder === 'queued' ? ['calm', queueText(state, strings)]
    : ['', ''];
  return (
    <div class={`notice ${kind}`} role="status">
      {content && (kind === 'warn' ? <Alert /> : <Down size={16} />)}
      {content && <span>{content}{kind === 'calm' && <small>{strings.queuedHint}</small>}</span>}
      {state.elsewhere && <button type="button" onClick={() => location.reload()}>{strings.reload}</button>}
    </div>
  );
}

function queueText({ position, waitS }: ChatState, strings: Strings): string {
  const place = position === 1 ? strings.queuedNext : position ? fill(strings.queuedAt, { n: position }) : strings.queued;
  const wait = waitS ? fill(strings.wait, { span: span(Math.max(60, waitS), strings.language === 'EN' ? 'zh' : 'en') }) : '';
  return wait ? `${place} · ${wait}` : place;
}
