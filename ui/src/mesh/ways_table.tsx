import { ErrorIcon } from '../parts/icons';
import { linkTo } from '../router';
import { formatPercent, formatRate } from '../text/quantity';
import { formatDuration } from '../text/duration';
import { kMinutes, type EdgeSpans } from './edge_spans';
import { meshPath, tracesPath, type MeshChoice } from './mesh_url';
import { isUp, type EdgeToZone, type Mesh } from './model';

interface Props {
  mesh: Mesh;
  choice: MeshChoice;
  spans: EdgeSpans | { problem: string } | undefined;
}

/** Every edge, with what its spans say, and its ways to core locations. */
export function WaysTable({ mesh, choice, spans }: Props) {
  const shown = mesh.edges.filter(
    ({ name }) =>
      (choice.edge === '' || choice.edge === name) &&
      (choice.zone === '' || mesh.links.some(l => l.edge === name && l.zone === choice.zone)),
  );
  const known = spans && 'byEdge' in spans ? spans : undefined;
  return (
    <section>
      <h2>Edges and core locations</h2>
      {spans && 'problem' in spans && (
        <p class="dim">Rates from spans are not there: {spans.problem}</p>
      )}
      {known && !known.complete && (
        <p class="dim">Rates from spans are a lower bound: counting them took too long.</p>
      )}
      <div class="mesh-scroll">
        <table class="mesh-table">
          <thead>
            <tr>
              <th scope="col">edge</th>
              <th scope="col" title={`From the edges' own spans, of the last ${kMinutes} minutes`}>
                spans: rate, errors, p95
              </th>
              <th scope="col">core location</th>
              <th scope="col">requests</th>
              <th scope="col">errors</th>
              <th scope="col">round trip</th>
              <th scope="col">loss</th>
              <th scope="col">cost</th>
              <th scope="col">health</th>
            </tr>
          </thead>
          <tbody>
            {shown.flatMap(({ name }) => {
              const ways = mesh.links
                .filter(link => link.edge === name)
                .filter(link => choice.zone === '' || link.zone === choice.zone)
                .sort((a, b) => a.costMs - b.costMs);
              const rows = Math.max(1, ways.length);
              const head = (
                <>
                  <th scope="rowgroup" rowSpan={rows}>
                    <a href={linkTo(meshPath(choice, { edge: name }))}>{name}</a>{' '}
                    <a class="mesh-traces" href={linkTo(tracesPath(['edge', name]))}>
                      traces<span class="hidden"> of edge {name}</span>
                    </a>
                  </th>
                  <td rowSpan={rows}>
                    <FromSpans spans={known} edge={name} />
                  </td>
                </>
              );
              if (ways.length === 0) {
                return [
                  <tr key={name}>
                    {head}
                    <td colSpan={7} class="dim">
                      nothing known: does it run with --edge?
                    </td>
                  </tr>,
                ];
              }
              return ways.map((way, i) => (
                <tr key={`${name} ${way.zone}`} data-first={way.isFirst}>
                  {i === 0 && head}
                  <WayCells way={way} choice={choice} />
                </tr>
              ));
            })}
          </tbody>
        </table>
      </div>
      {shown.length === 0 && <p class="dim">No edge is known. Apply a resource of type Edge.</p>}
    </section>
  );
}

function FromSpans({ spans, edge }: { spans: EdgeSpans | undefined; edge: string }) {
  const red = spans?.byEdge.get(edge);
  if (!red) return <span class="dim">{spans ? 'no spans' : '–'}</span>;
  const share = red.perSecond > 0 ? red.errorsPerSecond / red.perSecond : 0;
  return (
    <>
      {formatRate(red.perSecond)}
      {share > 0 && <span class="mesh-bad"> {formatPercent(share)} failed</span>}
      {red.p95Seconds !== null && `, ${formatDuration(red.p95Seconds * 1e9)}`}
    </>
  );
}

function WayCells({ way, choice }: { way: EdgeToZone; choice: MeshChoice }) {
  return (
    <>
      <td>
        <a href={linkTo(meshPath(choice, { zone: way.zone }))}>{way.zone}</a>{' '}
        {way.isFirst && (
          <span class="mesh-first" title="Most of this edge's requests go there">
            first
          </span>
        )}{' '}
        <a
          class="mesh-traces"
          href={linkTo(tracesPath(['edge', way.edge], ['core_location', way.zone]))}
        >
          traces
          <span class="hidden">
            {' '}
            from {way.edge} to {way.zone}
          </span>
        </a>
      </td>
      <td>{formatRate(way.requestsPerSecond)}</td>
      <td class={way.errorsPerSecond > 0 ? 'mesh-bad' : ''}>{formatRate(way.errorsPerSecond)}</td>
      <td>{way.roundTripMs === null ? '–' : formatDuration(way.roundTripMs * 1e6)}</td>
      <td>{formatPercent(way.loss)}</td>
      <td>
        {formatDuration(way.costMs * 1e6)}
        {!way.measured && (
          <span class="dim" title="Nothing was measured yet">
            {' '}
            guessed
          </span>
        )}
      </td>
      <td>
        {isUp(way) ? (
          way.health
        ) : (
          <span class="mesh-bad">
            <ErrorIcon /> {way.health}
          </span>
        )}
      </td>
    </>
  );
}
