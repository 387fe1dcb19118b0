import { pixelColours } from '../../parts/pixel_colour';
import { serviceColour } from '../../parts/service_colour';
import type { FlameColours } from './flame_raster';

/** Softened, so that text stands on them. */
const kPlain = '52%';
const kDimmed = '16%';

/** The colours of boxes in the theme at hand. */
export function flameColours(at: Element, services: readonly string[]): FlameColours {
  const mixed = (share: string) =>
    pixelColours(
      at,
      services.map(name => `color-mix(in oklab, ${serviceColour(name)} ${share}, var(--page))`),
    );
  const [failed, path] = pixelColours(at, ['var(--error)', 'var(--text)']);
  return { plain: mixed(kPlain), dimmed: mixed(kDimmed), failed: failed ?? 0, path: path ?? 0 };
}
