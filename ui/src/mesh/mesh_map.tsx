import { useEffect, useRef, useState } from 'preact/hooks';
import { linkTo } from '../router';
import { formatRate } from '../text/quantity';
import { kLand, kLandUnitsPerDegree } from './land';
import { meshPath, type MeshChoice } from './mesh_url';
import { isUp, type EdgeToZone, type Mesh, type Site } from './model';
import { placed, spread, viewOf, type View } from './projection';

const kMostHeight = 400;
/** Names must not lie on each other. */
const kLeastApartPx = 30;

interface Props {
  mesh: Mesh;
  choice: MeshChoice;
}

/** Edges, core locations and the ways between them where they are. The tables say the same. */
export function MeshMap({ mesh, choice }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(900);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(Math.max(200, element.clientWidth)));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const height = Math.round(Math.min(kMostHeight, width * 0.62));
  const sites = [...mesh.edges, ...mesh.zones];
  const located = sites.flatMap(site => (site.coordinates ? [{ site, at: site.coordinates }] : []));
  const lost = sites.filter(site => !site.coordinates);
  const view = viewOf(
    located.map(({ at }) => at),
    width / height,
  );
  const points = spread(
    located.map(({ at }) => {
      const [x, y] = placed(at, view);
      return [x * width, y * height];
    }),
    kLeastApartPx,
  );
  const pointOf = new Map(located.map(({ site }, i) => [`${site.kind} ${site.name}`, points[i]!]));
  return (
    <div>
      <div class="mesh-map" ref={host} style={{ height: `${height}px` }}>
        <svg width={width} height={height} aria-hidden="true">
          <Land view={view} width={width} height={height} />
          {mesh.links.map(link => {
            const from = pointOf.get(`edge ${link.edge}`);
            const to = pointOf.get(`zone ${link.zone}`);
            return from && to ? (
              <Way
                key={`${link.edge} ${link.zone}`}
                link={link}
                from={from}
                to={to}
                choice={choice}
              />
            ) : null;
          })}
        </svg>
        <nav aria-label="Places on the map">
          {located.map(({ site }, i) => (
            <Node key={`${site.kind} ${site.name}`} site={site} at={points[i]!} choice={choice} />
          ))}
        </nav>
      </div>
      <p class="mesh-legend">
        <span class="mesh-mark" data-kind="edge" /> edge
        <span class="mesh-mark" data-kind="zone" /> core location
        <span class="mesh-stroke" /> requests, the wider the more
        <span class="mesh-stroke" data-up="false" /> does not answer
      </p>
      {lost.length > 0 && (
        <p class="dim">
          Without coordinates, and not on the map: {lost.map(site => site.name).join(', ')}. Say{' '}
          <code>coordinates: {'{latitude, longitude}'}</code> in the Edge or Zone.
        </p>
      )}
    </div>
  );
}

function Land({ view, width, height }: { view: View; width: number; height: number }) {
  const x = width / view.width;
  const y = height / view.height;
  const step = view.width > 120 ? 30 : view.width > 40 ? 10 : 5;
  const lines = (from: number, size: number) => {
    const first = Math.ceil(from / step) * step;
    return Array.from({ length: Math.floor(size / step) + 1 }, (_, i) => first + i * step);
  };
  return (
    <>
      <g class="mesh-graticule">
        {lines(view.west, view.width).map(degrees => (
          <path key={degrees} d={`M${(degrees - view.west) * x} 0V${height}`} />
        ))}
        {lines(view.north - view.height, view.height).map(degrees => (
          <path key={degrees} d={`M0 ${(view.north - degrees) * y}H${width}`} />
        ))}
      </g>
      {/* Three worlds side by side: a mesh around the Pacific lies across the seam of one. */}
      {[-360, 0, 360].map(turn => (
        <path
          key={turn}
          class="mesh-land"
          transform={`translate(${(turn - 180 - view.west) * x} ${(view.north - 90) * y}) scale(${x / kLandUnitsPerDegree} ${y / kLandUnitsPerDegree})`}
          d={kLand}
        />
      ))}
    </>
  );
}

interface WayProps {
  link: EdgeToZone;
  from: [number, number];
  to: [number, number];
  choice: MeshChoice;
}

/** From a hair at nothing to a rope at ten thousand requests a second. */
function Way({ link, from, to, choice }: WayProps) {
  const chosen = choice.edge === link.edge || choice.zone === link.zone;
  const asks = choice.edge !== '' || choice.zone !== '';
  return (
    <path
      class="mesh-way"
      data-up={isUp(link)}
      data-used={link.requestsPerSecond > 0}
      data-faded={asks && !chosen}
      style={{ strokeWidth: `${1 + 1.5 * Math.log10(1 + link.requestsPerSecond)}px` }}
      d={`M${from[0]} ${from[1]}L${to[0]} ${to[1]}`}
    />
  );
}

function Node({ site, at, choice }: { site: Site; at: [number, number]; choice: MeshChoice }) {
  const { name, kind, states, requestsPerSecond } = site;
  const bad = states.refused + states.offline;
  const isChosen = choice[kind] === name;
  const words = `${kind === 'edge' ? 'Edge' : 'Core location'} ${name}: ${formatRate(requestsPerSecond)} requests, ${proxiesText(site.proxies.length)}${bad > 0 ? `, ${bad} of them not well` : ''}`;
  return (
    <a
      class="mesh-node"
      href={linkTo(meshPath(choice, { [kind]: isChosen ? '' : name }))}
      data-kind={kind}
      data-bad={bad > 0}
      {...(isChosen ? { 'aria-current': 'true' } : {})}
      aria-label={words}
      title={words}
      style={{ left: `${at[0]}px`, top: `${at[1]}px` }}
    >
      <span class="mesh-mark" data-kind={kind} />
      <span class="mesh-name">
        {name}
        {bad > 0 && ' !'}
      </span>
    </a>
  );
}

/** "1,204 proxies" */
export function proxiesText(count: number): string {
  return count === 1 ? '1 proxy' : `${count.toLocaleString('en')} proxies`;
}
