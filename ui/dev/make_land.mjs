// Makes src/mesh/land.ts: the outlines of land as one SVG path, small enough to be part of the page.
//
//   npm pack world-atlas@2.0.2 && tar xzf world-atlas-*.tgz && node dev/make_land.mjs package/land-110m.json
//
// The data is Natural Earth's (public domain), packed as TopoJSON by world-atlas (ISC).
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const kUnitsPerDegree = 5;
/** What lies nearer to the line than this many units is left out. */
const kTolerance = 1;
/** Islands smaller than this many square units are left out. */
const kLeastArea = 12;

const topology = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { scale, translate } = topology.transform;
const arcs = topology.arcs.map(arc => {
  let [x, y] = [0, 0];
  return arc.map(([dx, dy]) => {
    x += dx;
    y += dy;
    return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
  });
});
const ringOf = indexes =>
  unwrapped(indexes.flatMap(i => (i < 0 ? arcs[~i].toReversed() : arcs[i]))).map(projected);

const rings = topology.objects.land.geometries
  .flatMap(geometry => geometry.arcs.flat())
  .map(ringOf)
  .filter(ring => area(ring) >= kLeastArea)
  .map(ring => simplified(ring).map(point => point.map(Math.round)));
const path = rings.map(written).join('');
const text = `// Outlines of land, made by dev/make_land.mjs: longitude from -180 and latitude from 90 down, in steps of
// a fifth of a degree. Natural Earth 4.1, 1:110m, public domain.
export const kLandUnitsPerDegree = ${kUnitsPerDegree};
export const kLand =
  '${path}';
`;
writeFileSync(fileURLToPath(new URL('../src/mesh/land.ts', import.meta.url)), text);
console.log(`${rings.length} outlines, ${rings.flat().length} points, ${text.length} bytes`);

/** A ring that crosses the 180th meridian goes on beyond it: the page draws worlds side by side. */
function unwrapped(ring) {
  let turn = 0;
  return ring.map(([longitude, latitude], i) => {
    const step = i === 0 ? 0 : longitude - ring[i - 1][0];
    if (Math.abs(step) > 180) turn -= 360 * Math.sign(step);
    return [longitude + turn, latitude];
  });
}

function projected([longitude, latitude]) {
  return [(longitude + 180) * kUnitsPerDegree, (90 - latitude) * kUnitsPerDegree];
}

function area(ring) {
  const twice = ring.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = ring[(i + 1) % ring.length];
    return sum + x * nextY - nextX * y;
  }, 0);
  return Math.abs(twice) / 2;
}

/** Ramer, Douglas and Peucker. */
function simplified(points) {
  if (points.length < 3) return points;
  const [first, last] = [points[0], points.at(-1)];
  let far = 0;
  let at = 0;
  for (let i = 1; i < points.length - 1; i++) {
    const distance = distanceTo(points[i], first, last);
    if (distance > far) [far, at] = [distance, i];
  }
  if (far <= kTolerance) return [first, last];
  return [...simplified(points.slice(0, at + 1)).slice(0, -1), ...simplified(points.slice(at))];
}

function distanceTo([x, y], [x1, y1], [x2, y2]) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length === 0) return Math.hypot(x - x1, y - y1);
  return Math.abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length;
}

/** As relative steps, which are short. */
function written(ring) {
  let [x, y] = ring[0];
  let text = `M${x} ${y}l`;
  let first = true;
  for (const [nextX, nextY] of ring.slice(1)) {
    const [dx, dy] = [nextX - x, nextY - y];
    if (dx === 0 && dy === 0) continue;
    text += `${first || dx < 0 ? '' : ' '}${dx}${dy < 0 ? '' : ' '}${dy}`;
    first = false;
    [x, y] = [nextX, nextY];
  }
  return `${text}z`;
}
