import { useEffect, useRef, useState } from 'preact/hooks';

import { fill, type Language } from '../lib/locale';
import { span } from '../lib/time';
import { call, DeskError } from './api';
import type { DeskClient } from './client';
import type { Strings } from './strings';

interface Props {
  client: DeskClient;
  strings: Strings;
  language: Language;
}

/** Name and password; then, for who has a second factor, its code. */
export function SignIn({ client, strings, language }: Props) {
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const [given, setGiven] = useState<{ name: string; password: string } | null>(null);
  async function attempt(name: string, password: string, code: string): Promise<void> {
    setBusy(true);
    setProblem('');
    try {
      await client.signIn(name, password, code);
    } catch (error) {
      setBusy(false);
      if (error instanceof DeskError && error.code === 'code_needed') return setGiven({ name, password });
      setProblem(worded(error, strings, language));
    }
  }
  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const { name, password } = given ?? { name: String(form.get('name')).trim(), password: String(form.get('password')) };
    void attempt(name, password, String(form.get('code') ?? '').trim());
  }
  return (
    <main class="sign-in">
      <form onSubmit={submit}>
        <img src="../mark.svg" alt="" width="52" height="52" />
        <h1>{strings.signInTitle}</h1>
        <p>{given ? strings.codeText : strings.signInText}</p>
        {given ? <Code name={given.name} strings={strings} /> : (
          <>
            <label class="stack">{strings.name}<input name="name" autocomplete="username" autocapitalize="none" spellcheck={false} required /></label>
            <label class="stack">{strings.password}<input name="password" type="password" autocomplete="current-password" required /></label>
          </>
        )}
        <p class="problem" role="alert">{problem}</p>
        <button type="submit" class="primary" disabled={busy}>{strings.signIn}</button>
        {given && <button type="button" class="plain" onClick={() => { setGiven(null); setProblem(''); }}>{strings.otherName}</button>}
      </form>
    </main>
  );
}

/** In the demo the server says what the authenticator would show; elsewhere it knows no such address. */
function Code({ name, strings }: { name: string; strings: Strings }) {
  const field = useRef<HTMLInputElement>(null);
  const [shown, setShown] = useState('');
  useEffect(() => {
    field.current?.focus();
    call<{ code: string }>(`demo-code?name=${encodeURIComponent(name)}`).then(({ code }) => setShown(code), () => undefined);
  }, [name]);
  return (
    <>
      <label class="stack">{strings.code}
        <input ref={field} name="code" inputMode="numeric" autocomplete="one-time-code" maxLength={16} required />
      </label>
      {shown && <p class="demo-code">{fill(strings.demoCode, { code: shown })}</p>}
    </>
  );
}

function worded(error: unknown, strings: Strings, language: Language): string {
  if (!(error instanceof DeskError) || error.status >= 500) return strings.unreachable;
  if (error.code === 'rate_limited') return fill(strings.tooMany, { span: span(error.retryAfter, language) });
  return error.code === 'wrong_code' ? strings.wrongCode : strings.wrong;
}
