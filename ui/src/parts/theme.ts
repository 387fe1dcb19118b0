// Light, dark, or what the system says; remembered in this browser.
import { useState } from 'preact/hooks';

export type Theme = 'system' | 'light' | 'dark';

const kThemes: readonly Theme[] = ['system', 'light', 'dark'];
const kStorageKey = 'clew.theme';

export function rememberedTheme(): Theme {
  try {
    const stored = localStorage.getItem(kStorageKey);
    return kThemes.find(theme => theme === stored) ?? 'system';
  } catch {
    return 'system'; // storage is switched off: nothing is remembered, and that is all
  }
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

/** The theme and what changes it to the next one. */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState(rememberedTheme);
  const next = () => {
    const chosen = kThemes[(kThemes.indexOf(theme) + 1) % kThemes.length] ?? 'system';
    setTheme(chosen);
    applyTheme(chosen);
    try {
      localStorage.setItem(kStorageKey, chosen);
    } catch {
      // As above: the choice then lasts as long as the page.
    }
  };
  return [theme, next];
}
