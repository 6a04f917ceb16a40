/** What survives a reload. A browser that refuses storage (private mode, blocked cookies) gets a page's memory. */
export interface Memory {
  get(key: string): string | null;
  set(key: string, value: string | null): void;
  /** Other tabs of the browser, or later loads of this one, see the same. */
  readonly lasting: boolean;
}

/** Storage where it works, else the page's own memory: one of the two, never a copy of the other that outlives it. */
export function memory(storage: () => Storage | undefined): Memory {
  return works(storage) ? stored(storage) : pageMemory();
}

function stored(storage: () => Storage | undefined): Memory {
  return {
    lasting: true,
    get(key) {
      try {
        return storage()?.getItem(key) ?? null;
      } catch {
        return null;
      }
    },
    set(key, value) {
      try {
        storage()?.removeItem(key); // What does not fit must not leave what was there.
        if (value !== null) storage()?.setItem(key, value);
      } catch {
        // Full, or taken away: nothing is kept.
      }
    },
  };
}

export function pageMemory(): Memory {
  const kept = new Map<string, string>();
  return {
    lasting: false,
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => void (value === null ? kept.delete(key) : kept.set(key, value)),
  };
}

function works(storage: () => Storage | undefined): boolean {
  const key = 'xiaoer:probe';
  try {
    storage()?.setItem(key, '1');
    const kept = storage()?.getItem(key) === '1';
    storage()?.removeItem(key);
    return kept;
  } catch {
    return false;
  }
}
