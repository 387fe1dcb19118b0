// Where places of the world lie on a map of the page's size.

export interface Coordinates {
  latitude: number;
  longitude: number;
}

/** A part of the world: an equirectangular map, true at its middle. */
export interface View {
  /** Degrees of its left and upper border, and across. */
  west: number;
  north: number;
  width: number;
  height: number;
}

const kLeastDegrees = 12;
const kMargin = 0.18;

/** The part of the world that shows all `places`, with the aspect of a map (width by height). */
export function viewOf(places: readonly Coordinates[], aspect: number): View {
  const span = (values: number[]) => [Math.min(...values), Math.max(...values)] as const;
  const [west, east] = places.length > 0 ? span(places.map(p => p.longitude)) : [-180, 180];
  const [south, north] = places.length > 0 ? span(places.map(p => p.latitude)) : [-60, 75];
  const middle = { x: (west + east) / 2, y: (south + north) / 2 };
  // A degree of longitude is shorter by the cosine of the latitude.
  const shrink = Math.max(0.3, Math.cos((middle.y * Math.PI) / 180));
  const wide = Math.max(kLeastDegrees, (east - west) * (1 + 2 * kMargin));
  const high = Math.max(kLeastDegrees / 2, (north - south) * (1 + 2 * kMargin));
  const width = Math.min(360, Math.max(wide, (high * aspect) / shrink));
  const height = (width * shrink) / aspect;
  return { west: middle.x - width / 2, north: middle.y + height / 2, width, height };
}

/** As shares of the map's width and height, from its upper left. */
export function placed({ latitude, longitude }: Coordinates, view: View): [x: number, y: number] {
  return [(longitude - view.west) / view.width, (view.north - latitude) / view.height];
}

/**
 * Moves points apart that are nearer to each other than `least`, the same way each time. Neighbours of a
 * place stay neighbours; who wants the true place reads the table.
 */
export function spread(points: readonly [number, number][], least: number): [number, number][] {
  const moved = points.map(([x, y]): [number, number] => [x, y]);
  for (let round = 0; round < 40; round++) {
    let quiet = true;
    for (let i = 0; i < moved.length; i++) {
      for (let j = i + 1; j < moved.length; j++) {
        const a = moved[i]!;
        const b = moved[j]!;
        let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
        const distance = Math.hypot(dx, dy);
        if (distance >= least) continue;
        quiet = false;
        // Two at the very same place part along a direction of their own.
        if (distance < 1e-6) [dx, dy] = [Math.cos(i * 2.4 + j), Math.sin(i * 2.4 + j)];
        const push = (least - distance) / 2 / (Math.hypot(dx, dy) || 1);
        a[0] -= dx * push;
        a[1] -= dy * push;
        b[0] += dx * push;
        b[1] += dy * push;
      }
    }
    if (quiet) break;
  }
  return moved;
}
