/** Tells the server that a conversation's customer has signed out: its token opens nothing any more. */
export type Revoke = (server: string, token: string) => void;

const RETRY_MS = [2_000, 10_000, 60_000];

/** Goes out even when the page is being left, and a few times where the network fails. */
export const revoke: Revoke = (server, token) => {
  const ask = (tries: number): void => {
    fetch(`${server}/api/chat/reset`, { method: 'POST', headers: { Authorization: `Bearer ${token}` }, keepalive: true })
      .catch(() => {
        const wait = RETRY_MS[tries];
        if (wait !== undefined) setTimeout(() => ask(tries + 1), wait);
      });
  };
  ask(0);
};
