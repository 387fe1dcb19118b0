// Colours of the stylesheet for a canvas, which knows nothing of variables and light-dark().
import { canvasColour } from './pixel_colour';

/** Turns what CSS understands into what a canvas does, in the theme of the moment. */
export class CanvasColours {
  private known = new Map<string, string>();
  private theme = '';

  /** `host` gives the theme. */
  constructor(private readonly host: HTMLElement) {}

  of(css: string): string {
    let found = this.known.get(css);
    if (found === undefined) {
      found = canvasColour(this.host, css);
      this.known.set(css, found);
    }
    return found;
  }

  /** To be called before drawing: forgets everything if the theme has changed. */
  refresh(): void {
    const theme = currentTheme();
    if (theme !== this.theme) this.known = new Map();
    this.theme = theme;
  }
}

const kDark = '(prefers-color-scheme: dark)';
const kContrast = '(prefers-contrast: more)';

function currentTheme(): string {
  const chosen = document.documentElement.dataset['theme'] ?? '';
  return `${chosen} ${matchMedia(kDark).matches} ${matchMedia(kContrast).matches}`;
}

/** Calls `changed` whenever colours may be others; returns what ends that. */
export function onThemeChange(changed: () => void): () => void {
  const attributes = new MutationObserver(changed);
  attributes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  const queries = [matchMedia(kDark), matchMedia(kContrast)];
  for (const query of queries) query.addEventListener('change', changed);
  return () => {
    attributes.disconnect();
    for (const query of queries) query.removeEventListener('change', changed);
  };
}
