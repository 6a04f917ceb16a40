import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import type { Settings } from '../widget/widget';
import { fill, formOf, languageOf, type Language, textLanguage } from '../lib/locale';
import { customers as fetchCustomers, signIn, type Customer } from './api';
import { Person } from '../widget/icons';
import { Phone } from './Phone';
import { PROMPTS, SNIPPET, STRINGS } from './strings';
import './shop.css';

const KEPT = 'demo:customer';
const FIRST_SHOWN = 5;

function chat(method: string, ...args: unknown[]): void {
  window.xiaoerQueue ??= [];
  window.xiaoerQueue.push([method, ...args]);
}

function boot(customer: Customer | null, locale: string, onOpenChange: (open: boolean) => void): void {
  const settings: Settings = { identity: customer ? () => signIn(customer.id) : null, locale, onOpenChange };
  chat('boot', settings);
}

function useCustomers(): { customers: Customer[]; failed: boolean } {
  const [customers, setCustomers] = useState<Customer[]>([]);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const ask = () =>
      fetchCustomers().then(
        (all) => { setCustomers(all); setFailed(false); },
        () => { setFailed(true); timer = setTimeout(() => void ask(), 2_000); },
      );
    void ask();
    return () => clearTimeout(timer);
  }, []);
  return { customers, failed };
}

function Shop() {
  const [language, setLanguage] = useState<Language>(() => languageOf(localStorage.getItem('demo:language') ?? navigator.language));
  const [chosen, setChosen] = useState(() => localStorage.getItem(KEPT) ?? '');
  const [chatting, setChatting] = useState(false);
  const { customers, failed } = useCustomers();
  const strings = STRINGS[language];
  const customer = customers.find((each) => each.id === chosen) ?? null;

  useEffect(() => {
    document.documentElement.lang = formOf(language);
    localStorage.setItem('demo:language', language);
    chat('setLocale', formOf(language));
  }, [language]);
  useEffect(() => {
    if (customers.length) boot(customer, formOf(language), setChatting);
  }, [customers]);

  function become(next: Customer | null): void {
    setChosen(next?.id ?? '');
    boot(next, formOf(language), setChatting);
  }
  /** A visitor who signs in takes the conversation along; whoever was signed in signs out of it first. */
  function choose(next: Customer | null): void {
    if ((next?.id ?? '') === chosen) return;
    if (chosen) chat('reset');
    localStorage.setItem(KEPT, next?.id ?? '');
    become(next);
  }
  useEffect(() => {
    const follow = ({ key, newValue }: StorageEvent) => {
      if (key === KEPT || key === null) become(customers.find((each) => each.id === newValue) ?? null);
    };
    addEventListener('storage', follow);
    return () => removeEventListener('storage', follow);
  }, [customers, language]);

  return (
    <div class={`page${chatting ? ' chatting' : ''}`}>
      <Top language={language} onLanguage={setLanguage} />
      <div class="columns">
        <Phone customer={customer} language={language} />
        <main>
          <section class="hero">
            <p class="demo">{strings.demo}</p>
            <h1>{strings.title}</h1>
            <p class="lead">{strings.lead}</p>
            <button type="button" class="primary" onClick={() => chat('open')}>{strings.start}</button>
          </section>
          <Who strings={strings} language={language} customers={customers} failed={failed} chosen={customer} onChoose={choose} />
          <Prompts strings={strings} />
          <section class="pair">
            <div>
              <h2>{strings.other}</h2>
              <p>{strings.otherText}</p>
              <a class="secondary" href="desk/" target="_blank" rel="noopener">{strings.otherLink}</a>
            </div>
            <div>
              <h2>{strings.embed}</h2>
              <p>{strings.embedHint}</p>
              <pre tabIndex={0} aria-label={strings.embed}><code>{SNIPPET}</code></pre>
            </div>
          </section>
        </main>
      </div>
    </div>
  );
}

function Top({ language, onLanguage }: { language: Language; onLanguage(language: Language): void }) {
  const strings = STRINGS[language];
  return (
    <header class="top">
      <span class="brand"><img src="./mark.svg" alt="" width="32" height="32" />{strings.brand}</span>
      <nav>
        <div class="switch" role="group" aria-label={strings.language}>
          <button type="button" lang="en" aria-pressed={language === 'en'} onClick={() => onLanguage('en')}>English</button>
          <button type="button" lang="zh-CN" aria-pressed={language === 'zh'} onClick={() => onLanguage('zh')}>中文</button>
        </div>
        <a href="desk/" target="_blank" rel="noopener">{strings.desk}</a>
      </nav>
    </header>
  );
}

interface WhoProps {
  strings: (typeof STRINGS)['en'];
  language: Language;
  customers: Customer[];
  failed: boolean;
  chosen: Customer | null;
  onChoose(customer: Customer | null): void;
}

function Who({ strings, language, customers, failed, chosen, onChoose }: WhoProps) {
  const [all, setAll] = useState(false);
  const near = [...customers].sort((one, other) => Number(other.language === language) - Number(one.language === language));
  const shown = near.filter((each, index) => all || index < FIRST_SHOWN || each === chosen);
  return (
    <section aria-labelledby="who">
      <h2 id="who">{strings.who}</h2>
      <p class="hint">{strings.whoHint}</p>
      {failed && <p class="failed" role="alert">{strings.failed}</p>}
      <ul class="people" role="list">
        {[...shown, null].map((each) => (
          <li key={each?.id ?? 'guest'}>
            <button type="button" aria-pressed={chosen === each} data-customer={each?.id ?? ''} onClick={() => onChoose(each)}>
              <span class="face" aria-hidden="true">{each ? [...each.name][0] : <Person size={20} />}</span>
              <b lang={each ? textLanguage(each.name) : undefined}>{each?.name ?? strings.guest}</b>
              {each && <small class="speaks">{strings.speaks[each.language]}</small>}
              <span class="story" lang={textLanguage(each?.story[language] ?? '')}>{each ? each.story[language] : strings.guestStory}</span>
            </button>
          </li>
        ))}
      </ul>
      {shown.length < near.length && (
        <button type="button" class="secondary" onClick={() => setAll(true)}>{fill(strings.all, { n: near.length })}</button>
      )}
    </section>
  );
}

function Prompts({ strings }: { strings: (typeof STRINGS)['en'] }) {
  return (
    <section aria-labelledby="try">
      <h2 id="try">{strings.try}</h2>
      <p class="hint">{strings.tryHint}</p>
      <ul class="prompts" role="list">
        {PROMPTS.map(({ en, zh }) => (
          <li key={en}>
            <button type="button" lang="en" onClick={() => chat('ask', en)}>{en}</button>
            <button type="button" lang="zh-CN" onClick={() => chat('ask', zh)}>{zh}</button>
          </li>
        ))}
      </ul>
    </section>
  );
}

render(<Shop />, document.getElementById('app')!);
