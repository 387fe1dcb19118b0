// Colours of the style sheet for what is painted: light-dark() and variables resolved, as they are now.
import { useEffect, useState } from 'preact/hooks';

/** What `var(--name)` is at an element. */
export function colourAt(element: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(--${name})`;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** A number that changes when the colours do: with the theme, the system's choice or the contrast. */
export function usePalette(): number {
  const [palette, setPalette] = useState(0);
  useEffect(() => {
    const changed = () => setPalette(old => old + 1);
    const observer = new MutationObserver(changed);
    observer.observe(document.documentElement, { attributeFilter: ['data-theme', 'class'] });
    const queries = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)'].map(query =>
      matchMedia(query),
    );
    queries.forEach(query => query.addEventListener('change', changed));
    return () => {
      observer.disconnect();
      queries.forEach(query => query.removeEventListener('change', changed));
    };
  }, []);
  return palette;
}

/** The width of an element, kept true; 0 until it is known. */
export function useWidth(element: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observed = element.current;
    if (!observed) return;
    const observer = new ResizeObserver(() => setWidth(Math.floor(observed.clientWidth)));
    observer.observe(observed);
    return () => observer.disconnect();
  }, []);
  return width;
}
