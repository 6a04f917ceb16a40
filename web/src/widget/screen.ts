import { useEffect, useState } from 'preact/hooks';

const PHONE = '(max-width: 667.98px), (max-height: 499.98px)';

/** True where the panel takes the whole screen. */
export const usePhone = () => useMedia(PHONE);

export const useDark = () => useMedia('(prefers-color-scheme: dark)');

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const changed = () => setMatches(media.matches);
    media.addEventListener('change', changed);
    return () => media.removeEventListener('change', changed);
  }, [query]);
  return matches;
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
