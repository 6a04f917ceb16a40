import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { MAX_TEXT } from '../chat/wire';
import { fill } from '../lib/locale';
import { Send } from './icons';
import type { Strings } from './strings';

interface Props {
  placeholder: string;
  strings: Strings;
  /** What was written and not sent, also before a close or a reload; read again whenever `draftAt` changes. */
  kept(): string;
  draftAt: number;
  /** Nothing can be written now. */
  closed: boolean;
  onKeep(text: string): void;
  onSend(text: string): void;
  onTyping(on: boolean): void;
}

const IDLE_MS = 5_000;
const COUNT_FROM = 300;
const SPARE = 1_000;

/** Enter that belongs to an input method (choosing a Chinese candidate) must not send. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

export function Composer({ placeholder, strings, kept, draftAt, closed, onKeep, onSend, onTyping }: Props) {
  const [text, setText] = useState(kept);
  const shownAt = useRef(draftAt);
  const field = useRef<HTMLTextAreaElement>(null);
  const idle = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const composed = useRef(0);

  useEffect(() => {
    if (draftAt === shownAt.current) return;
    shownAt.current = draftAt;
    setText(kept());
    field.current?.focus();
  }, [draftAt]);
  useLayoutEffect(() => {
    const element = field.current!;
    element.style.blockSize = 'auto';
    element.style.blockSize = `${Math.min(element.scrollHeight, 132)}px`;
  }, [text]);
  useEffect(() => () => clearTimeout(idle.current), []);

  function stopped(): void {
    clearTimeout(idle.current);
    onTyping(false);
  }
  function write(typed: string): void {
    const value = typed.slice(0, MAX_TEXT + SPARE); // A pasted book must not freeze the page.
    setText(value);
    onKeep(value);
    clearTimeout(idle.current);
    if (!value.trim()) return onTyping(false);
    onTyping(true);
    idle.current = setTimeout(stopped, IDLE_MS);
  }
  function send(): void {
    if (!text.trim() || text.length > MAX_TEXT) return;
    stopped();
    onSend(text);
    setText('');
    onKeep('');
    field.current?.focus();
  }
  function pressed(event: KeyboardEvent): void {
    // Safari ends the composition before the Enter that chose the candidate is reported.
    if (event.key !== 'Enter' || event.shiftKey || isComposing(event) || Date.now() - composed.current < 50) return;
    event.preventDefault();
    send();
  }

  const left = MAX_TEXT - text.trim().length;
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); send(); }}>
      <div class="field">
        <textarea ref={field} rows={1} value={text} disabled={closed} placeholder={placeholder} aria-label={placeholder} dir="auto"
          autocomplete="one-time-code" enterkeyhint="send" spellcheck aria-invalid={left < 0}
          aria-describedby={left < COUNT_FROM ? 'left' : undefined}
          onInput={(event) => write(event.currentTarget.value)} onKeyDown={pressed} onBlur={stopped}
          onDrop={(event) => event.dataTransfer?.files.length && event.preventDefault()}
          onCompositionEnd={() => (composed.current = Date.now())} />
        <button type="submit" class="send" aria-label={strings.send} disabled={closed || !text.trim() || left < 0}><Send /></button>
      </div>
      {left < COUNT_FROM && (
        <p id="left" class={left < 0 ? 'left over' : 'left'} role="status">
          {left < 0 ? fill(strings.tooLong, { n: MAX_TEXT }) : fill(strings.left, { n: left })}
        </p>
      )}
    </form>
  );
}
