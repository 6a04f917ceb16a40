import { useNow } from '../lib/hooks';
import { fill, type Language } from '../lib/locale';
import { plain } from '../lib/rich';
import { span } from '../lib/time';
import type { Summary } from './api';
import type { DeskState } from './client';
import { FIRST_IN_LINE } from './floor';
import { intentName } from './intents';
import type { Strings } from './strings';

interface Props {
  state: DeskState;
  strings: Strings;
  language: Language;
  onSelect(id: string): void;
  onAccept(id: string): void;
}

export function QueuePane({ state, strings, language, onSelect, onAccept }: Props) {
  const now = useNow(1_000);
  const { waiting, mine, others = [] } = state.floor;
  const row = (handoff: Summary, held: boolean) => (
    <Row key={handoff.id} handoff={handoff} held={held} now={now} state={state} strings={strings} language={language}
      onSelect={onSelect} onAccept={onAccept} />
  );
  return (
    <nav class="queue" aria-label={strings.waiting}>
      <section aria-labelledby="mine">
        <h2 id="mine">{strings.mine} <span class="count">{mine.length}</span></h2>
        {mine.length ? <ul role="list">{mine.map((each) => row(each, true))}</ul> : <p class="none">{strings.noneMine}</p>}
      </section>
      <section aria-labelledby="waiting">
        <h2 id="waiting">{strings.waiting} <span class={`count${waiting.length ? ' some' : ''}`}>{waiting.length}</span></h2>
        {waiting.length ? <ul role="list">{waiting.map((each) => row(each, false))}</ul> : <p class="none">{strings.noneWaiting}</p>}
      </section>
      {others.length > 0 && (
        <section aria-labelledby="others">
          <h2 id="others">{strings.others} <span class="count">{others.length}</span></h2>
          <ul role="list">{others.map((each) => row(each, true))}</ul>
        </section>
      )}
    </nav>
  );
}

interface RowProps extends Props {
  handoff: Summary;
  held: boolean;
  now: number;
}

function Row({ handoff, held, now, state, strings, language, onSelect, onAccept }: RowProps) {
  const { id, customer_name, reason, priority, waiting_since, intents } = handoff;
  const selected = state.selected === id;
  const unseen = state.unseen[id] ?? 0;
  const about = intents.find((guess) => guess.intent !== 'request_human') ?? intents[0];
  const name = plain(customer_name || strings.guest);
  return (
    <li class={`row${selected ? ' selected' : ''}${held ? ' held' : ''}`}>
      <button type="button" class="pick" aria-current={selected} data-handoff={id} onClick={() => onSelect(id)}>
        <span class="line">
          <b><bdi>{name}</bdi></b>
          <span class="language">{languageTag(handoff.language)}</span>
          {unseen > 0 && <span class="unseen">{unseen}</span>}
          <Waited since={waiting_since} now={now} held={held} language={language} strings={strings} />
        </span>
        <span class="line tags">
          {priority >= FIRST_IN_LINE && <span class="tag urgent">{strings.first}</span>}
          <span class={`tag ${reason}`}>{strings.reasons[reason] ?? reason}</span>
          {about && <span class="about">{intentName(about.intent, language)}</span>}
        </span>
        {!held && <Due handoff={handoff} now={now} strings={strings} language={language} />}
      </button>
      {!held && (
        <button type="button" class="accept" aria-label={`${strings.accept}: ${name}`} onClick={() => onAccept(id)}>{strings.accept}</button>
      )}
    </li>
  );
}

export function languageTag(language: string): string {
  return { zh: '中文', en: 'EN', mixed: '中/EN' }[language] ?? language;
}

function Waited({ since, now, held, language, strings }: { since: number; now: number; held: boolean; language: Language; strings: Strings }) {
  const time = span(now - since, language);
  return <span class="waited">{held ? '' : <span class="hidden">{fill(strings.waited, { span: '' })}</span>}{time}</span>;
}

/** How much of the service level is used up: a bar, and the same in words. */
function Due({ handoff, now, strings, language }: { handoff: Summary; now: number; strings: Strings; language: Language }) {
  const { waiting_since, due_at } = handoff;
  const used = (now - waiting_since) / Math.max(1, due_at - waiting_since);
  const left = due_at - now;
  const tone = left < 0 ? 'late' : used > 0.66 ? 'soon' : 'fine';
  return (
    <span class={`due ${tone}`}>
      <i aria-hidden="true"><i style={{ inlineSize: `${Math.min(100, Math.max(2, used * 100))}%` }} /></i>
      {left < 0 ? fill(strings.late, { span: span(-left, language) }) : fill(strings.dueIn, { span: span(left, language) })}
    </span>
  );
}
