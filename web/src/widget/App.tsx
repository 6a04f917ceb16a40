import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

import type { ChatClient } from '../chat/client';
import { useStore } from '../lib/hooks';
import { fill, languageOf } from '../lib/locale';
import type { Store } from '../lib/store';
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
  draft: { text: string; at: number };
}

interface Props {
  client: ChatClient;
  view: Store<View>;
  host: HTMLElement;
  onUnread(count: number): void;
}

export function App({ client, view, host, onUnread }: Props) {
  const { open, launcher, locale, dir, theme, draft } = useStore(view);
  useStore(client);
  const phone = usePhone();
  const dark = useDark();
  const strings = stringsFor(languageOf(locale));
  const button = useRef<HTMLButtonElement>(null);
  const cameFrom = useRef<Element | null>(null);
  const wasOpen = useRef(open);
  const unread = client.unread;

  useEffect(() => onUnread(unread), [unread]);
  useLayoutEffect(() => {
    if (open && !wasOpen.current) cameFrom.current = document.activeElement;
    if (!open && wasOpen.current) giveBack(cameFrom.current, host, button.current);
    wasOpen.current = open;
  }, [open]);

  return (
    <div class="xiaoer" lang={languageOf(locale) === 'zh' ? 'zh-CN' : locale} dir={dir} data-theme={theme === 'auto' ? (dark ? 'dark' : 'light') : theme}>
      {open && (
        <Panel client={client} locale={locale} draft={draft} host={host} full={phone}
          onClose={() => view.set({ open: false })} onLocale={(chosen) => { client.setLocale(chosen); view.set({ locale: chosen }); }} />
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
