import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { fill, readers, type Language } from '../lib/locale';
import { plain } from '../lib/rich';
import { date } from '../lib/time';
import type { Handoff, Session, WrapUp } from './api';
import type { DeskClient } from './client';
import { intentName, WANTS } from './intents';
import type { Strings } from './strings';

/** A modal window of the browser's own: it keeps focus inside, closes on Escape and gives focus back. */
function Modal({ title, children, onClose }: { title: string; children: ComponentChildren; onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => element.close();
  }, []);
  return (
    <dialog ref={dialog} aria-label={title} onClose={onClose} onClick={(event) => event.target === dialog.current && onClose()}>
      <div class="sheet"><h2>{title}</h2>{children}</div>
    </dialog>
  );
}

interface WrapUpProps {
  handoff: Handoff;
  strings: Strings;
  language: Language;
  onDone(wrapUp: WrapUp): void;
  onClose(): void;
}

export function WrapUpForm({ handoff, strings, language, onDone, onClose }: WrapUpProps) {
  const [disposition, setDisposition] = useState('solved');
  const [resolved, setResolved] = useState(true);
  const [intent, setIntent] = useState('');
  const [note, setNote] = useState('');
  const detected = handoff.intents[0]?.intent;
  function choose(code: string): void {
    setDisposition(code);
    setResolved(code === 'solved' || code === 'not_a_case');
  }
  return (
    <Modal title={strings.wrapUpTitle} onClose={onClose}>
      <form onSubmit={(event) => {
        event.preventDefault();
        onDone({ disposition, resolved, note: note.trim(), ...(intent ? { corrected_intent: intent } : {}) });
      }}>
        <fieldset class="choices">
          <legend>{strings.disposition}</legend>
          {Object.entries(strings.dispositions).map(([code, label]) => (
            <label key={code}><input type="radio" name="disposition" value={code} checked={disposition === code} onChange={() => choose(code)} /><span>{label}</span></label>
          ))}
        </fieldset>
        <fieldset class="choices">
          <legend>{strings.resolved}</legend>
          <label><input type="radio" name="resolved" checked={resolved} onChange={() => setResolved(true)} /><span>{strings.yes}</span></label>
          <label><input type="radio" name="resolved" checked={!resolved} onChange={() => setResolved(false)} /><span>{strings.no}</span></label>
        </fieldset>
        <label class="stack">{strings.corrected} <small>{strings.correctedHint}</small>
          <select value={intent} onChange={(event) => setIntent(event.currentTarget.value)}>
            <option value="">{strings.asDetected}{detected ? `: ${intentName(detected, language)}` : ''}</option>
            {WANTS.map((each) => <option key={each} value={each}>{intentName(each, language)}</option>)}
          </select>
        </label>
        <label class="stack">{strings.note}
          <textarea rows={3} value={note} maxLength={2000} placeholder={strings.notePlaceholder} onInput={(event) => setNote(event.currentTarget.value)} />
        </label>
        <Buttons strings={strings} verb={strings.wrapUp} onClose={onClose} />
      </form>
    </Modal>
  );
}

export function GiveBackForm({ strings, onDone, onClose }: { strings: Strings; onDone(note: string): void; onClose(): void }) {
  const [note, setNote] = useState('');
  return (
    <Modal title={strings.giveBackTitle} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); onDone(note.trim()); }}>
        <p>{strings.giveBackText}</p>
        <label class="stack">{strings.noteBack}
          <textarea rows={3} value={note} maxLength={2000} onInput={(event) => setNote(event.currentTarget.value)} />
        </label>
        <Buttons strings={strings} verb={strings.giveBack} onClose={onClose} />
      </form>
    </Modal>
  );
}

function Buttons({ strings, verb, onClose }: { strings: Strings; verb: string; onClose(): void }) {
  return (
    <div class="buttons">
      <button type="button" class="plain" onClick={onClose}>{strings.cancel}</button>
      <button type="submit" class="primary">{verb}</button>
    </div>
  );
}

interface SessionsProps {
  client: DeskClient;
  strings: Strings;
  language: Language;
  onClose(): void;
}

/** One's own sign-ins; a supervisor sees and ends everybody's. */
export function Sessions({ client, strings, language, onClose }: SessionsProps) {
  const [found, setFound] = useState<Session[] | null>(null);
  const look = () => void client.sessions().then(setFound);
  useEffect(look, []);
  const when = (at: number) => date(at, readers(language), { time: true });
  return (
    <Modal title={strings.sessionsOf} onClose={onClose}>
      <ul class="sessions" role="list" aria-busy={found === null}>
        {found?.map((each) => (
          <li key={each.id}>
            <b><bdi>{plain(each.name)}</bdi></b>
            <small>{fill(strings.sessionSince, { since: when(each.opened_at), seen: when(each.seen_at), address: each.address })}</small>
            {each.this ? <span class="tag">{strings.thisSession}</span> : (
              <button type="button" class="plain" aria-label={fill(strings.endSessionOf, { name: plain(each.name), since: when(each.opened_at) })}
                onClick={() => void client.endSession(each.id).then(look)}>{strings.endSession}</button>
            )}
          </li>
        ))}
      </ul>
      <div class="buttons"><button type="button" class="plain" onClick={onClose}>{strings.close}</button></div>
    </Modal>
  );
}

export function Shortcuts({ strings, onClose }: { strings: Strings; onClose(): void }) {
  const { keys } = strings;
  const rows: [string[], string][] = [
    [['J', 'K'], keys.move], [['A'], keys.accept], [['R'], keys.reply], [['W'], keys.wrap], [['B'], keys.back], [['Esc'], keys.leave], [['?'], keys.help],
  ];
  return (
    <Modal title={strings.shortcuts} onClose={onClose}>
      <dl class="keys">
        {rows.map(([names, what]) => <div key={what}><dt>{names.map((name) => <kbd key={name}>{name}</kbd>)}</dt><dd>{what}</dd></div>)}
      </dl>
    </Modal>
  );
}
