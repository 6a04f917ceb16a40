import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

import type { ChatClient } from '../chat/client';
import { useStore } from '../lib/hooks';
import { fill, formOf, languageOf, type Language } from '../lib/locale';
import type { Store } from '../lib/store';
import { readable } from './accent';
import { Down, Mark } from './icons';
import { Panel } from './Panel';
import { useDark, usePhone } from './screen';
import { stringsFor } from './strings';

export interface View {
  open: boolean;
  launcher: boolean;
  locale: string;
  dir: 'ltr' | 'rtl';
  theme: 'auto' | 'light' | 'dark';
  /** When the host put text into the field. */
  draftAt: number;
}

interface Props {
  client: ChatClient;
  view: Store<View>;
  host: HTMLElement;
  onLocale(language: Language): void;
  onUnread(count: number): void;
}

export function App({ client, view, host, onLocale, onUnread }: Props) {
  const { open, launcher, locale, dir, theme, draftAt } = useStore(view);
  useStore(client);
  const phone = usePhone();
  const dark = useDark();
  const strings = stringsFor(languageOf(locale));
  const button = useRef<HTMLButtonElement>(null);
  const cameFrom = useRef<Element | null>(null);
  const wasOpen = useRef(open);
  const unread = client.unread;

  const shade = theme === 'auto' ? (dark ? 'dark' : 'light') : theme;
  const root = useRef<HTMLDivElement>(null);

  function choose(language: Language): void {
    const form = formOf(language);
    client.setLocale(form);
    view.set({ locale: form });
    onLocale(language);
  }

  useLayoutEffect(() => readable(root.current!), [shade, open]);
  useEffect(() => onUnread(unread), [unread]);
  useLayoutEffect(() => {
    if (open && !wasOpen.current) cameFrom.current = document.activeElement;
    if (!open && wasOpen.current) giveBack(cameFrom.current, host, button.current);
    wasOpen.current = open;
  }, [open]);

  return (
    <div class="xiaoer" ref={root} lang={locale} dir={dir} data-theme={shade}>
      {open && (
        <Panel client={client} locale={locale} draftAt={draftAt} host={host} full={phone}
          onClose={() => view.set({ open: false })} onLanguage={choose} />
      )}
      {launcher && !(open && phone) && (
        <button type="button" ref={button} class="launcher" aria-expanded={open}
          aria-label={open ? strings.close : unread ? `${strings.open} · ${fill(strings.unread, { n: unread })}` : strings.open}
          onClick={() => view.set({ open: !open })}>
          {open ? <Down size={26} /> : <Mark size={34} />}
          {!open && unread > 0 && <span class="badge" aria-hidden="true">{unread > 9 ? '9+' : unread}</span>}
        </button>
      )}
    </div>
  );
}

/** Focus goes back to where it was when the panel opened, or to the launcher. */
function giveBack(to: Element | null, host: HTMLElement, launcher: HTMLElement | null): void {
  const usableTarget = to instanceof HTMLElement && to !== host && to !== document.body && to.isConnected;
  (usableTarget ? to : launcher)?.focus({ preventScroll: true });
}
