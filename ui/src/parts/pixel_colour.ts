// Colours as canvases of pixels want them. Only the browser can work out an oklch() within a light-dark().

/** The 32-bit pixel values, as an ImageData has them, of CSS colours where `at` stands. */
export function pixelColours(at: Element, colours: readonly string[]): Uint32Array {
  const probe = document.createElement('span');
  at.append(probe);
  const canvas = new OffscreenCanvas(Math.max(1, colours.length), 1);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser has no 2D canvas');
  colours.forEach((colour, i) => {
    probe.style.color = colour;
    context.fillStyle = getComputedStyle(probe).color;
    context.fillRect(i, 0, 1, 1);
  });
  probe.remove();
  const { data } = context.getImageData(0, 0, canvas.width, 1);
  return new Uint32Array(data.buffer, 0, colours.length);
}

/** One colour as a canvas takes it for fillStyle. */
export function canvasColour(at: Element, colour: string): string {
  const probe = document.createElement('span');
  at.append(probe);
  probe.style.color = colour;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
