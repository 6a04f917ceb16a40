import { render, h } from 'preact';

import { ChatClient } from '../chat/client';
import type { IdentitySource } from '../chat/identity';
import { browserChannel } from '../chat/here';
import { memory, type Memory } from '../chat/memory';
import { formOf, languageOf, type Language } from '../lib/locale';
import { linksFrom } from '../lib/rich';
import { Store } from '../lib/store';
import { App, type View } from './App';
import css from './widget.css?inline';

/** What a host page may say. Everything is optional; `docs/widget.md` explains each. */
export interface Settings {
  /** The gateway's origin; by default where this script came from. */
  server?: string;
  /** A JWT signed by the host's server, or a function that fetches one. */
  identity?: IdentitySource;
  locale?: string;
  dir?: 'ltr' | 'rtl';
  theme?: 'auto' | 'light' | 'dark';
  /** Whether our round button is shown; without it the page opens the chat itself. */
  launcher?: boolean;
  /** Text to put into the field, for the customer to send. */
  text?: string;
  onUnread?(count: number): void;
  onOpenChange?(open: boolean): void;
}

const LANGUAGE = 'xiaoer:language';

type Call = [method: string, ...args: unknown[]];

declare global {
  interface Window {
    xiaoer?: typeof api;
    /** Read once when the script arrives; `boot()` is then called for the page. */
    xiaoerSettings?: Settings & { open?: boolean };
    /** Calls made before the script arrived; afterwards `push` calls at once. */
    xiaoerQueue?: Call[] | { push(call: Call): void };
  }
}

const script = document.currentScript as HTMLScriptElement | null;
const origin = script?.src ? new URL('.', script.src).href.replace(/\/$/, '') : location.origin;

interface Booted {
  client: ChatClient;
  view: Store<View>;
  host: HTMLElement;
}

let booted: Booted | null = null;
let settings: Settings = {};

function boot(given: Settings = {}): Booted {
  if (booted) {
    update(given);
    settings = { ...settings, ...given };
    return booted;
  }
  settings = { ...settings, ...given };
  const server = settings.server?.replace(/\/$/, '') ?? origin;
  linksFrom(server);
  const lasting = memory(() => window.localStorage);
  const wanted = settings.locale ?? (document.documentElement.lang || navigator.language);
  const locale = formOf(languageOf(chosenLocale(lasting) ?? wanted));
  const client = new ChatClient({
    server, locale, lasting, tab: memory(() => window.sessionStorage), channel: browserChannel(`xiaoer:${server}`),
  });
  const view = new Store<View>({
    open: false, launcher: settings.launcher ?? true, locale, theme: settings.theme ?? 'auto', draftAt: 0,
    dir: settings.dir ?? (document.documentElement.dir === 'rtl' ? 'rtl' : 'ltr'),
  });
  booted = { client, view, host: mount(client, view, lasting) };
  if (settings.text) put(settings.text);
  if (settings.identity !== undefined) client.setIdentity(settings.identity);
  listen(client, view);
  client.resume();
  return booted;
}

/** The language the customer chose in the chat; it holds until the host asks for another than before. */
function chosenLocale(lasting: Memory): string | null {
  const [chosen, instead] = (lasting.get(LANGUAGE) ?? '').split(' ');
  return chosen && instead === languageOf(settings.locale ?? '') ? chosen : null;
}

/** Text for the customer to send, instead of what was in the field. */
function put(text: string): void {
  if (!booted) return;
  booted.client.draft = text;
  booted.view.set({ draftAt: Date.now() });
}

function mount(client: ChatClient, view: Store<View>, lasting: Memory): HTMLElement {
  const host = document.createElement('div');
  host.id = 'xiaoer-chat';
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  document.body.append(host);
  const onLocale = (language: Language) => lasting.set(LANGUAGE, `${language} ${languageOf(settings.locale ?? '')}`);
  render(h(App, { client, view, host, onLocale, onUnread: (count) => settings.onUnread?.(count) }), root);
  return host;
}

function listen(client: ChatClient, view: Store<View>): void {
  let open = false;
  view.subscribe((state) => {
    if (state.open === open) return;
    open = state.open;
    if (open) client.connect();
    settings.onOpenChange?.(open);
  });
  addEventListener('storage', ({ key }) => (key === client.key || key === null) && client.follow());
  for (const event of ['online', 'pageshow', 'focus']) addEventListener(event, () => client.wake());
  addEventListener('offline', () => client.asleep());
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && client.wake());
}

/** Changes settings of the running widget. Only what is given changes. */
function update({ identity, locale, dir, theme, launcher, text }: Settings): void {
  if (!booted) return;
  const { client, view } = booted;
  if (identity !== undefined) client.setIdentity(identity);
  const spoken = locale && languageOf(locale) !== languageOf(settings.locale ?? '') ? formOf(languageOf(locale)) : null;
  if (locale) settings = { ...settings, locale };
  if (spoken) client.setLocale(spoken);
  view.set({
    ...(spoken ? { locale: spoken } : {}), ...(dir ? { dir } : {}), ...(theme ? { theme } : {}),
    ...(launcher === undefined ? {} : { launcher }),
  });
  if (text !== undefined) put(text);
}

const api = {
  /** Starts the widget (its launcher) without opening it. */
  boot(given?: Settings): void {
    boot(given);
  },
  open(given?: Settings): void {
    boot(given).view.set({ open: true });
  },
  close(): void {
    booted?.view.set({ open: false });
  },
  toggle(): void {
    const { view } = boot();
    view.set({ open: !view.state.open });
  },
  /** Opens the chat and sends this in the customer's name: for "ask about this payment" buttons. */
  ask(text: string): void {
    const { client, view } = boot();
    view.set({ open: true });
    client.send(text);
  },
  update,
  /** Signs in, refreshes the token, or with null signs out: then as `reset`, but the panel stays. */
  setIdentity(identity: IdentitySource): void {
    update({ identity });
  },
  setLocale(locale: string): void {
    update({ locale });
  },
  /** At logout: closes; every tab of this browser, and the server, forget the conversation. */
  reset(): void {
    booted?.view.set({ open: false });
    booted?.client.reset();
    settings = { ...settings, identity: null };
  },
  get unread(): number {
    return booted?.client.unread ?? 0;
  },
  get isOpen(): boolean {
    return booted?.view.state.open ?? false;
  },
};

function call([method, ...args]: Call): void {
  const act = (api as unknown as Record<string, unknown>)[method];
  if (typeof act === 'function') act(...args);
  else console.warn(`xiaoer: unknown call '${method}'; known: ${Object.keys(api).join(', ')}`);
}

function start(): void {
  const waiting = window.xiaoerQueue;
  const early = window.xiaoerSettings;
  window.xiaoer = api;
  window.xiaoerQueue = { push: call };
  if (early) boot(early);
  if (early?.open) api.open();
  if (Array.isArray(waiting)) waiting.forEach(call);
  window.dispatchEvent(new Event('xiaoer:ready'));
}

if (!window.xiaoer) {
  if (document.body) start();
  else addEventListener('DOMContentLoaded', start, { once: true });
}
