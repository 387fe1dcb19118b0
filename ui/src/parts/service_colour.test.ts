import { describe, expect, it } from 'vitest';
import { allColours, giveColours, serviceColour, type Oklch } from './service_colour';

/** Relative luminance (WCAG) of an OKLCH colour, clipped to sRGB as browsers may do. */
function luminance({ lightness, chroma, hue }: Oklch): number {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  return (
    0.2126 * clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s) +
    0.7152 * clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s) +
    0.0722 * clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s)
  );
}

function contrast(one: Oklch, other: Oklch): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

describe('service colours', () => {
  it('stand out from the page, 3:1 at least, in both themes', () => {
    const lightPage = { lightness: 0.985, chroma: 0.003, hue: 95 }; // --page in tokens.css
    const darkPage = { lightness: 0.19, chroma: 0.012, hue: 240 };
    for (const { light, dark } of allColours()) {
      expect(contrast(light, lightPage), JSON.stringify(light)).toBeGreaterThanOrEqual(3);
      expect(contrast(dark, darkPage), JSON.stringify(dark)).toBeGreaterThanOrEqual(3);
    }
  });

  it('are different for different services, as long as there are enough', () => {
    const services = Array.from({ length: allColours().length }, (_, i) => `service-${i}`);
    giveColours(services);
    expect(new Set(services.map(serviceColour)).size).toBe(services.length);
  });

  it('stay with a service, and are shared once all are taken', () => {
    const before = serviceColour('service-3');
    giveColours(['service-3', 'one more', 'and another']);
    expect(serviceColour('service-3')).toBe(before);
    expect(serviceColour('one more')).toMatch(/^light-dark\(oklch\(.*\), oklch\(.*\)\)$/);
  });
});
