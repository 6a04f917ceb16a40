import { useState } from 'preact/hooks';

import { DeskError } from './api';
import type { DeskClient } from './client';
import type { Strings } from './strings';

export function SignIn({ client, strings }: { client: DeskClient; strings: Strings }) {
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setProblem('');
    try {
      await client.signIn(String(given.get('name')).trim(), String(given.get('password')));
    } catch (error) {
      const refused = error instanceof DeskError && error.status < 500;
      setProblem(!refused ? strings.unreachable : error.status === 401 || error.status === 403 ? strings.wrong : error.message || strings.wrong);
      setBusy(false);
    }
  }
  return (
    <main class="sign-in">
      <form onSubmit={(event) => void submit(event)}>
        <img src="../mark.svg" alt="" width="52" height="52" />
        <h1>{strings.signInTitle}</h1>
        <p>{strings.signInText}</p>
        <label class="stack">{strings.name}<input name="name" autocomplete="username" autocapitalize="none" spellcheck={false} required /></label>
        <label class="stack">{strings.password}<input name="password" type="password" autocomplete="current-password" required /></label>
        <p class="problem" role="alert">{problem}</p>
        <button type="submit" class="primary" disabled={busy}>{strings.signIn}</button>
      </form>
    </main>
  );
}
