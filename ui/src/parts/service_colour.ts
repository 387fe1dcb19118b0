// A colour for every service, from its name, so that it is the same on every page and for everybody.
// Two names that ask for the same colour would be hard to tell apart in one trace: the later one gets
// the next free colour and keeps it while the page is open. Reds are left out, they mean errors.

/** Picked by eye: steps that look even, where equal steps of hue do not. */
const kHues = [52, 78, 105, 135, 158, 192, 222, 248, 272, 297, 322, 348] as const;
/** Lightness and chroma in each theme: at least 3:1 against the page (a test computes it). */
const kTones = [
  { light: [0.6, 0.14], dark: [0.74, 0.13] },
  { light: [0.45, 0.12], dark: [0.62, 0.13] },
  { light: [0.56, 0.06], dark: [0.84, 0.07] },
] as const;
const kSlots = kHues.length * kTones.length;
/** Leads to another hue and another tone at once; prime to kSlots, so that it visits all of them. */
const kProbe = 17;

export interface Oklch {
  lightness: number;
  chroma: number;
  hue: number;
}

const slotOf = new Map<string, number>();
const taken = new Set<number>();

/** Gives each service its colour. By name, so that the same set gets the same colours everywhere. */
export function giveColours(services: readonly string[]): void {
  for (const service of [...services].sort()) {
    if (slotOf.has(service)) continue;
    const wanted = hash(service) % kSlots;
    let slot = wanted;
    while (taken.has(slot)) {
      slot = (slot + kProbe) % kSlots;
      if (slot === wanted) break; // more services than colours: from here on they are shared
    }
    slotOf.set(service, slot);
    taken.add(slot);
  }
}

export function serviceColour(service: string): string {
  if (!slotOf.has(service)) giveColours([service]);
  const { light, dark } = colourAt(slotOf.get(service) ?? 0);
  return `light-dark(${css(light)}, ${css(dark)})`;
}

export function allColours(): { light: Oklch; dark: Oklch }[] {
  return Array.from({ length: kSlots }, (_, slot) => colourAt(slot));
}

function colourAt(slot: number): { light: Oklch; dark: Oklch } {
  const hue = kHues[slot % kHues.length] ?? 0;
  const tone = kTones[Math.floor(slot / kHues.length)] ?? kTones[0];
  return {
    light: { lightness: tone.light[0], chroma: tone.light[1], hue },
    dark: { lightness: tone.dark[0], chroma: tone.dark[1], hue },
  };
}

/** FNV-1a, with a last mix because its low bits alone are poorly spread for short names. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

function css({ lightness, chroma, hue }: Oklch): string {
  return `oklch(${lightness} ${chroma} ${hue})`;
}
