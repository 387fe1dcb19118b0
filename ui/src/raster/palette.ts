// The colours of services as the pixels of a picture have them, in the theme that is on.
import { serviceColour } from '../parts/service_colour';
import type { Palette } from './view';

/** Of what steps back: this much of the page's colour. */
const kDim = 0.68;
/** Of a pixel in which some spans failed: this much of the error's colour. */
const kSomeFailed = 0.6;

type Rgb = readonly [number, number, number];

/** `at` says which theme is on: its computed colours count. */
export function paletteFor(services: readonly string[], at: Element): Palette {
  const look = new ColourReader(at);
  const page = look.read('var(--page)');
  const error = look.read('var(--error)');
  const plain: number[] = [];
  const someFailed: number[] = [];
  for (const service of services) {
    const colour = look.read(serviceColour(service));
    const tinted = mixed(colour, error, kSomeFailed);
    plain.push(pixelOf(colour), pixelOf(mixed(colour, page, kDim)));
    someFailed.push(pixelOf(tinted), pixelOf(mixed(tinted, page, kDim)));
  }
  look.close();
  return {
    plain: Uint32Array.from(plain),
    someFailed: Uint32Array.from(someFailed),
    failed: Uint32Array.of(pixelOf(error), pixelOf(mixed(error, page, kDim))),
  };
}

/** CSS colours to what the screen shows: the browser computes light-dark() and oklch(). */
class ColourReader {
  private readonly element = document.createElement('span');
  private readonly canvas = new OffscreenCanvas(1, 1).getContext('2d', {
    willReadFrequently: true,
  });

  constructor(at: Element) {
    at.append(this.element);
  }

  close(): void {
    this.element.remove();
  }

  read(css: string): Rgb {
    this.element.style.color = css;
    if (!this.canvas) return [128, 128, 128];
    this.canvas.fillStyle = getComputedStyle(this.element).color;
    this.canvas.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = this.canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue];
  }
}

function mixed(one: Rgb, other: Rgb, part: number): Rgb {
  const mix = (place: 0 | 1 | 2) => Math.round(one[place] * (1 - part) + other[place] * part);
  return [mix(0), mix(1), mix(2)];
}

/** Red first in memory; every browser runs on little-endian machines. */
function pixelOf([red, green, blue]: Rgb): number {
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}
