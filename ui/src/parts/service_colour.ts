// A colour for every service: the same on every page and in every trace, because it comes from the
// name alone. Reds are left out, they mean errors. Lightness is set per theme so that each colour has
// at least 3:1 against the page (a test computes it).

const kHues = 13;
const kFirstHue = 48; // after the reds
const kHueStep = 24;
/** [lightness, chroma] in the light and in the dark theme. Neighbours differ in tone, not only hue. */
const kTones = [
  { light: [0.6, 0.135], dark: [0.74, 0.125] },
  { light: [0.46, 0.12], dark: [0.63, 0.13] },
  { light: [0.54, 0.07], dark: [0.83, 0.075] },
] as const;

export interface Oklch {
  lightness: number;
  chroma: number;
  hue: number;
}

export function serviceColour(service: string): string {
  const { light, dark } = serviceTones(service);
  return `light-dark(${css(light)}, ${css(dark)})`;
}

export function serviceTones(service: string): { light: Oklch; dark: Oklch } {
  const hash = fnv1a(service);
  const hue = (kFirstHue + (hash % kHues) * kHueStep) % 360;
  const tone = kTones[Math.floor(hash / kHues) % kTones.length] ?? kTones[0];
  return {
    light: { lightness: tone.light[0], chroma: tone.light[1], hue },
    dark: { lightness: tone.dark[0], chroma: tone.dark[1], hue },
  };
}

/** FNV-1a, with a last mix because its low bits alone are poorly spread for short names. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function css({ lightness, chroma, hue }: Oklch): string {
  return `oklch(${lightness} ${chroma} ${hue})`;
}
