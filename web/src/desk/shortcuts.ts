import { useLayoutEffect } from 'preact/hooks';

export interface Acts {
  move(step: 1 | -1): void;
  accept(): void;
  reply(): void;
  wrap(): void;
  back(): void;
  help(): void;
}

/** Single keys, while no field and no dialog has the keyboard. They act on what is on the screen when they are pressed,
 * also right after it changed: an effect that waits for a calm moment would miss those. */
export function useShortcuts(acts: Acts, on: boolean): void {
  useLayoutEffect(() => {
    if (!on) return;
    const keys: Record<string, () => void> = {
      j: () => acts.move(1), k: () => acts.move(-1), a: acts.accept, r: acts.reply, w: acts.wrap, b: acts.back, '?': acts.help,
    };
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || target.closest('input, textarea, select, dialog')) return;
      const act = keys[event.key.toLowerCase()];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  });
}
