// Choices of a person that this browser remembers: theme, time zone.
import { useEffect, useState } from 'preact/hooks';

/** What is stored under `key`, or null: nothing, or storage is switched off. */
export function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Stores, if it can; else the value lasts as long as the page, and that is all. */
export function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Switched off or full.
  }
}

/** One of a few choices, the same for all who ask, and remembered. */
export class Setting<T extends string> {
  private readonly listeners = new Set<(value: T) => void>();
  private value: T;

  constructor(
    private readonly key: string,
    readonly choices: readonly T[],
    otherwise: T,
  ) {
    const remembered = stored(key);
    this.value = choices.find(choice => choice === remembered) ?? otherwise;
  }

  get(): T {
    return this.value;
  }

  set(value: T): void {
    this.value = value;
    store(this.key, value);
    this.listeners.forEach(listener => listener(value));
  }

  /** Goes to the choice after the present one. */
  next(): void {
    const next = this.choices[(this.choices.indexOf(this.value) + 1) % this.choices.length];
    if (next !== undefined) this.set(next);
  }

  /** Calls `listener` after each change, until the returned function is called. */
  onChange(listener: (value: T) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }
}

/** The setting's value; draws again when it changes. */
export function useSetting<T extends string>(setting: Setting<T>): T {
  const [value, setValue] = useState(setting.get());
  useEffect(() => setting.onChange(setValue), [setting]);
  return value;
}
