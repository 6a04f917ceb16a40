/** The frames of the native chat protocol, as the gateway speaks it. Moments are seconds since the epoch. */

export type Holder = 'bot' | 'queued' | 'human';
export type Author = 'customer' | 'bot' | 'agent' | 'system';

export interface Button {
  title: string;
  payload: string;
  /** A link; it has no payload. */
  url?: string;
}

/** Who the server takes the customer to be. Level 1: the host app signed it; 2: a one-time code came back as well. */
export interface Who {
  name: string;
  level: number;
}

/** One line of the conversation's log. `seq` orders it; `id` is only on the customer's own. */
export interface Entry {
  seq: number;
  at: number;
  author: Author;
  text: string;
  buttons?: Button[];
  attachment?: string | null;
  custom?: Record<string, unknown>;
  name?: string;
  id?: string | null;
  /** At the desk: the kinds of personal data that stand as dots in the text. */
  masked?: string[];
}

export interface Hello {
  type: 'hello';
  token: string | null;
  after: number;
  identity: string | null;
  locale: string;
}

export type ClientFrame =
  | Hello
  | { type: 'message'; id: string; text: string; payload?: string }
  | { type: 'typing'; on: boolean }
  | { type: 'read'; seq: number }
  | { type: 'identity'; token: string | null }
  | { type: 'ping' };

export interface Welcome {
  type: 'welcome';
  token: string;
  resumed: boolean;
  /** The log's last sequence number: entries up to it are what was missed, later ones are news. */
  seq: number;
  holder: Holder;
  agent?: string;
  language?: string;
  identity: Who | null;
}

export interface ServerError {
  type: 'error';
  code: string;
  message: string;
  id?: string;
  retry_after_s?: number;
}

export type ServerFrame =
  | Welcome
  | { type: 'accepted'; id: string; seq: number; repeated?: boolean }
  | ({ type: 'entry' } & Entry)
  | { type: 'typing'; author: 'bot' | 'agent'; name?: string; on: boolean }
  | { type: 'status'; holder: Holder; position?: number; wait_s?: number; name?: string }
  | { type: 'identity'; identity: Who | null }
  | ServerError
  | { type: 'pong' };

/** What is longer is refused here, before it costs a round trip; in UTF-16 units, a frame may have 16 kB. */
export const MAX_TEXT = 4000;
