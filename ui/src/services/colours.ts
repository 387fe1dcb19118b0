// Colours of the style sheets for canvases, and when to draw them again.
import { useEffect, useState } from 'preact/hooks';
import { canvasColour } from '../parts/pixel_colour';
import { onColours } from '../parts/theme';
import { timeZone } from '../parts/time_zone';

/** What CSS colours are where `element` stands, in the theme that is on. */
export function resolved(element: Element, colours: readonly string[]): string[] {
  return colours.map(colour => canvasColour(element, colour));
}

/** Another number each time colours or the time zone change. */
export function useLookChanges(): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const changed = () => setCount(last => last + 1);
    const stops = [onColours(changed), timeZone.onChange(changed)];
    return () => stops.forEach(stop => stop());
  }, []);
  return count;
}
