// Colours of the stylesheet for a canvas, which knows nothing of variables and light-dark().
import { useEffect, useState } from 'preact/hooks';
import { canvasColour } from './pixel_colour';
import { onColours } from './theme';
import { timeZone } from './time_zone';

/** Turns what CSS understands into what a canvas does, and remembers it until colours change. */
export class CanvasColours {
  private known = new Map<string, string>();

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

  /** To be called when colours have changed. */
  forget(): void {
    this.known = new Map();
  }
}

/** What CSS colours are where `element` stands, in the theme that is on. */
export function resolved(element: Element, colours: readonly string[]): string[] {
  return colours.map(colour => canvasColour(element, colour));
}

/** Another number each time colours or the time zone change: what is drawn is to be drawn again. */
export function useLookChanges(): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const changed = () => setCount(last => last + 1);
    const stops = [onColours(changed), timeZone.onChange(changed)];
    return () => stops.forEach(stop => stop());
  }, []);
  return count;
}
