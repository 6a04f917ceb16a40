import { useEffect, useState } from 'preact/hooks';

import type { Store } from './store';

export function useStore<State>(store: Store<State>): State {
  const [state, setState] = useState(store.state);
  useEffect(() => {
    setState(store.state);
    return store.subscribe(setState);
  }, [store]);
  return state;
}

/** The present moment in seconds, renewed every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** True once `on` has held for `afterMs`: short hiccups are not worth a notice. */
export function useSettled(on: boolean, afterMs: number): boolean {
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    if (!on) return setSettled(false);
    const timer = setTimeout(() => setSettled(true), afterMs);
    return () => clearTimeout(timer);
  }, [on, afterMs]);
  return on && settled;
}
