// Light, dark, high contrast, or what the system says; remembered in this browser.
import { Setting } from './setting';

export type Theme = 'system' | 'light' | 'dark' | 'contrast';

export const kThemeLabels: Readonly<Record<Theme, string>> = {
  system: 'as the system',
  light: 'light',
  dark: 'dark',
  contrast: 'high contrast',
};

/** High contrast is light or dark as the system says. */
export const theme = new Setting<Theme>(
  'clew.theme',
  ['system', 'light', 'dark', 'contrast'],
  'system',
);

const darkWanted = matchMedia('(prefers-color-scheme: dark)');
const contrastWanted = matchMedia('(prefers-contrast: more)');

/** Gives the page its theme, now and whenever the setting or the system's wish changes. */
export function followTheme(): void {
  apply();
  theme.onChange(apply);
  contrastWanted.addEventListener('change', apply);
}

/** Calls `redraw` when colours have changed, for what is drawn and not styled: canvases. */
export function onColours(redraw: () => void): () => void {
  const stop = theme.onChange(redraw);
  darkWanted.addEventListener('change', redraw);
  contrastWanted.addEventListener('change', redraw);
  return () => {
    stop();
    darkWanted.removeEventListener('change', redraw);
    contrastWanted.removeEventListener('change', redraw);
  };
}

function apply(): void {
  const { dataset } = document.documentElement;
  const chosen = theme.get();
  if (chosen === 'light' || chosen === 'dark') dataset['theme'] = chosen;
  else delete dataset['theme'];
  if (chosen === 'contrast' || contrastWanted.matches) dataset['contrast'] = 'more';
  else delete dataset['contrast'];
}
