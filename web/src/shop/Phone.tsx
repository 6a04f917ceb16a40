import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { useNow } from '../lib/hooks';
import { fill, formOf, type Language, textLanguage } from '../lib/locale';
import { clock } from '../lib/time';
import { askedFor, phone, reply, type Customer, type Sms } from './api';
import { STRINGS } from './strings';

const POLL_MS = 1_500;
const BANNER_MS = 9_000;

/** The text messages of a customer, asked for again and again while the page is looked at. */
function useMessages(customer: Customer | null): Sms[] {
  const [messages, setMessages] = useState<Sms[]>([]);
  useEffect(() => {
    setMessages([]);
    if (!customer) return;
    let timer: ReturnType<typeof setTimeout>;
    let gone = false;
    const poll = async () => {
      try {
        const news = document.visibilityState === 'visible' ? await phone(customer.id) : null;
        if (news && !gone) setMessages(news);
      } catch {
        // The next poll asks again.
      }
      if (!gone) timer = setTimeout(() => void poll(), POLL_MS);
    };
    void poll();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [customer?.id]);
  return messages;
}

export function Phone({ customer, language }: { customer: Customer | null; language: Language }) {
  const strings = STRINGS[language];
  const now = useNow(10_000);
  const messages = useMessages(customer);
  const [banner, setBanner] = useState<Sms | null>(null);
  const opened = useRef(now);
  const newest = messages[0];
  useEffect(() => {
    if (!newest || newest.at < opened.current) return;
    setBanner(newest);
    const timer = setTimeout(() => setBanner(null), BANNER_MS);
    return () => clearTimeout(timer);
  }, [newest?.id]);

  const title = customer ? fill(strings.phone, { name: customer.name }) : strings.phoneGuest;
  const today = new Intl.DateTimeFormat(formOf(language), { weekday: 'long', month: 'long', day: 'numeric' }).format(now * 1000);
  return (
    <aside class="phone" aria-label={title}>
      <div class="handset">
        <div class="island" aria-hidden="true" />
        <p class="date">{today}</p>
        <p class="clock">{clock(now, 'en-GB')}</p>
        <ul class="texts" role="list" aria-live="polite" aria-label={strings.messages}>
          {messages.slice(0, 4).map((message) => (
            <Text key={message.id} message={message} language={language} now={now}>
              {customer && <Answer customer={customer} message={message} language={language} />}
            </Text>
          ))}
        </ul>
        {!messages.length && <p class="quiet">{strings.phoneEmpty}</p>}
        <div class="home" aria-hidden="true" />
      </div>
      <p class="caption">{title}</p>
      {banner && <ul class="banner" aria-hidden="true"><Text message={banner} language={language} now={now} /></ul>}
    </aside>
  );
}

interface TextProps {
  message: Sms;
  language: Language;
  now: number;
  children?: ComponentChildren;
}

function Text({ message, language, now, children }: TextProps) {
  const strings = STRINGS[language];
  return (
    <li class="text">
      <span class="app"><i aria-hidden="true" />{strings.messages}<time>{now - message.at < 60 ? strings.now : clock(message.at, formOf(language))}</time></span>
      <span data-testid="sms" lang={textLanguage(message.text)}>{message.text}</span>
      {children}
    </li>
  );
}

/** Sends back the word that the message asks for. What came of it is the next message. */
function Answer({ customer, message, language }: { customer: Customer; message: Sms; language: Language }) {
  const strings = STRINGS[language];
  const [state, setState] = useState<'open' | 'sending' | 'sent' | 'failed'>('open');
  const word = askedFor(message.text);
  if (!word) return null;
  const send = () => {
    setState('sending');
    reply(customer.id, word).then(() => setState('sent'), () => setState('failed'));
  };
  const label = state === 'sent' ? strings.replied : state === 'failed' ? strings.replyFailed : strings.reply;
  return (
    <button type="button" class="answer" disabled={state === 'sending' || state === 'sent'} onClick={send}>
      {fill(label, { word })}
    </button>
  );
}
