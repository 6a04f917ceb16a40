import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { useSettled, useStore } from '../lib/hooks';
import { fill, languageOf, type Language } from '../lib/locale';
import { linksFrom } from '../lib/rich';
import { DeskClient, type DeskState } from './client';
import { Context } from './Context';
import { Conversation } from './Conversation';
import { GiveBackForm, Sessions, Shortcuts, WrapUpForm } from './Dialogs';
import { refusal } from './labels';
import { QueuePane } from './QueuePane';
import { SignIn } from './SignIn';
import { STRINGS, type Strings } from './strings';
import { TopBar } from './TopBar';
import { useShortcuts } from './shortcuts';
import './desk.css';

const NOTICE_MS = 6_000;
const client = new DeskClient();
linksFrom(location.origin);
void client.start();

function Desk() {
  const state = useStore(client);
  const [language, setLanguage] = useState<Language>(() => languageOf(localStorage.getItem('desk:language') ?? navigator.language));
  const [sessions, setSessions] = useState(false);
  const strings = STRINGS[language];
  useEffect(() => {
    const active = () => client.active();
    const signs = ['pointerdown', 'keydown', 'wheel', 'touchmove'];
    for (const each of signs) addEventListener(each, active, { passive: true });
    return () => signs.forEach((each) => removeEventListener(each, active));
  }, []);
  useEffect(() => {
    if (state.phase !== 'ready') setSessions(false);
  }, [state.phase]);
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    localStorage.setItem('desk:language', language);
  }, [language]);
  const switchLanguage = () => setLanguage(language === 'zh' ? 'en' : 'zh');
  if (state.phase === 'loading') return <main class="loading" aria-busy="true" />;
  return (
    <div class="desk">
      <TopBar client={client} state={state} strings={strings} onLanguage={switchLanguage} onSessions={() => setSessions(true)} />
      {sessions && state.phase === 'ready' && <Sessions client={client} strings={strings} language={language} onClose={() => setSessions(false)} />}
      {state.phase === 'ready' ? <Floor state={state} strings={strings} language={language} /> : <SignIn client={client} strings={strings} language={language} />}
    </div>
  );
}

type Opened = 'wrap' | 'back' | 'keys' | null;

function Floor({ state, strings, language }: { state: DeskState; strings: Strings; language: Language }) {
  const [opened, setOpened] = useState<Opened>(null);
  const [contextOpen, setContextOpen] = useState(false);
  const { selected, floor } = state;
  const details = selected ? state.details[selected] : undefined;
  const mine = floor.mine.some((each) => each.id === selected);
  const waiting = floor.waiting.some((each) => each.id === selected);
  const all = [...floor.mine, ...floor.waiting, ...(floor.others ?? [])].map((each) => each.id);
  useShortcuts({
    move: (step) => {
      const at = all.indexOf(selected ?? '');
      const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))];
      if (next) client.select(next);
    },
    accept: () => selected && waiting && void client.accept(selected),
    reply: () => document.getElementById('reply')?.focus(),
    wrap: () => mine && setOpened('wrap'),
    back: () => mine && setOpened('back'),
    help: () => setOpened('keys'),
  }, opened === null);
  return (
    <main class={`floor${selected ? ' has-selected' : ''}${contextOpen ? ' context-open' : ''}`}>
      <Notices state={state} strings={strings} language={language} />
      <QueuePane state={state} strings={strings} language={language} onSelect={(id) => client.select(id)} onAccept={(id) => void client.accept(id)} />
      {details && selected ? (
        <>
          <Conversation details={details} state={state} strings={strings} language={language} contextOpen={contextOpen}
            onAccept={() => void client.accept(selected)} onSay={(text, id) => void client.say(selected, text, id)}
            onReveal={(seq, reason) => client.reveal(selected, seq, reason)}
            onTyping={(on) => client.typing(selected, on)} onDraft={(text) => client.draft(selected, text)} onWrapUp={() => setOpened('wrap')} onGiveBack={() => setOpened('back')}
            onPutBack={() => void client.putBack(selected)} onAssign={(agent) => void client.assign(selected, agent)}
            onContext={() => setContextOpen(!contextOpen)} onBack={() => client.select(null)} />
          <Context handoff={details.handoff} strings={strings} language={language} />
          {opened === 'wrap' && mine && (
            <WrapUpForm handoff={details.handoff} strings={strings} language={language} onClose={() => setOpened(null)}
              onDone={(wrapUp) => void client.close(selected, wrapUp).then((done) => done && setOpened(null))} />
          )}
          {opened === 'back' && mine && (
            <GiveBackForm strings={strings} onClose={() => setOpened(null)}
              onDone={(note) => void client.giveBack(selected, note).then((done) => done && setOpened(null))} />
          )}
        </>
      ) : <Nothing strings={strings} />}
      {opened === 'keys' && <Shortcuts strings={strings} onClose={() => setOpened(null)} />}
    </main>
  );
}

function Nothing({ strings }: { strings: Strings }) {
  const [before, between, after, end] = strings.pickText.split(/\{\w\}/);
  return (
    <section class="nothing">
      <h2>{strings.pick}</h2>
      <p>{before}<kbd>J</kbd>{between}<kbd>K</kbd>{after}<kbd>A</kbd>{end}</p>
    </section>
  );
}

function Notices({ state: { online, notice }, strings, language }: { state: DeskState; strings: Strings; language: Language }) {
  const offline = useSettled(!online, 1_500);
  useEffect(() => {
    if (!notice) return;
    const timer = setTimeout(() => client.dismiss(), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice?.at]);
  const text = !notice ? '' : notice.code === 'taken' ? (notice.detail ? fill(strings.taken, { by: notice.detail }) : strings.takenAnon)
    : notice.code === 'unreachable' ? strings.unreachable : (refusal(notice.detail, language) ?? strings.didNotWork);
  return (
    <div class="notices" role="status">
      {offline && <p class="notice">{strings.offline}</p>}
      {text && <p class="notice">{text} <button type="button" onClick={() => client.dismiss()}>{strings.dismiss}</button></p>}
    </div>
  );
}

render(<Desk />, document.getElementById('app')!);
