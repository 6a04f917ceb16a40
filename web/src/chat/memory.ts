/** What survives a reload. A browser that refuses storage (private mode, blocked cookies) gets a page's memory. */
export interface Memory {
  get(key: string): string | null;
  set(key: string, value: string | null): void;
}

export function memory(storage: () => Storage | undefined): Memory {
  const fallback = new Map<string, string>();
  return {
    get(key) {
      try {
        return storage()?.getItem(key) ?? fallback.get(key) ?? null;
      } catch {
        return fallback.get(key) ?? null;
      }
    },
    set(key, value) {
      if (value === null) fallback.delete(key);
      else fallback.set(key, value);
      try {
        if (value === null) storage()?.removeItem(key);
        else storage()?.setItem(key, value);
      } catch {
        // The page's own memory has it.
      }
    },
  };
}
