import { useEffect, useState } from 'preact/hooks';

const PHONE = '(max-width: 667.98px)';

/** True where the panel takes the whole screen. */
export function usePhone(): boolean {
  const [phone, setPhone] = useState(() => matchMedia(PHONE).matches);
  useEffect(() => {
    const query = matchMedia(PHONE);
    const changed = () => setPhone(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  return phone;
}

/** Keeps the full-screen panel inside what the on-screen keyboard leaves free. */
export function useKeyboardArea(host: HTMLElement, full: boolean): void {
  useEffect(() => {
    const view = window.visualViewport;
    if (!full || !view) return;
    const fit = () => {
      host.style.setProperty('--view-top', `${view.offsetTop}px`);
      host.style.setProperty('--view-height', `${view.height}px`);
    };
    fit();
    view.addEventListener('resize', fit);
    view.addEventListener('scroll', fit);
    return () => {
      view.removeEventListener('resize', fit);
      view.removeEventListener('scroll', fit);
      host.style.removeProperty('--view-top');
      host.style.removeProperty('--view-height');
    };
  }, [host, full]);
}

/** While the panel covers the page, the page behind neither scrolls nor takes focus. Returns the undoing. */
export function inertRest(host: HTMLElement): () => void {
  const root = document.documentElement;
  const overflow = root.style.overflow;
  root.style.overflow = 'hidden';
  const others = [...document.body.children].filter((each) => each !== host && each instanceof HTMLElement && !each.inert);
  for (const each of others) (each as HTMLElement).inert = true;
  return () => {
    root.style.overflow = overflow;
    for (const each of others) (each as HTMLElement).inert = false;
  };
}
