import { useMemo, useRef } from 'preact/hooks';
import { at } from '../model/at';
import { useCommands } from '../parts/commands';
import { FlameCanvas, type FlameFrame } from '../parts/flame_canvas';
import { layoutFlame } from '../parts/flame_layout';
import { Segments } from '../parts/segments';
import { serviceColour } from '../parts/service_colour';
import { plural } from '../parts/service_pill';
import { formatDuration } from '../text/duration';
import type { Population } from './answer';
import type { Asked } from './asked';
import {
  findNodes,
  inclusive,
  kMeasureCommands,
  kMeasures,
  kPercentiles,
  ownOf,
  totalOf,
  type CallTree,
  type Measure,
} from './call_tree';
import { FindNodes, stepAmong } from './find_nodes';
import { heatColour, heatOf, HeatLegend } from './heat';
import { NodePanel } from './node_panel';
import { NodeTable } from './node_table';
import { frameKeys, type PageState } from './page_state';
import { describeNode, operationText, percent } from './say';

interface Props {
  population: Population;
  /** With its times fixed, as it was asked. */
  asked: Asked;
  state: PageState;
  onChange: (next: Partial<PageState>) => void;
}

const kMeasureChoices = (Object.keys(kMeasures) as Measure[]).map(id => ({
  id,
  label: kMeasures[id].label,
  title: `The width of a frame: ${kMeasures[id].explains}`,
}));

/** The flame graph of a population, what is known of the chosen frame, and all of it as a table. */
export function PopulationView({ population, asked, state, onChange }: Props) {
  const { tree } = population;
  const flame = useRef<HTMLDivElement>(null);
  const own = ownOf(tree, state.measure);
  const sums = useMemo(() => inclusive(own, tree.parent), [tree, state.measure]);
  const layout = useMemo(() => layoutFlame(tree, sums), [tree, sums]);
  const keys = useMemo(() => frameKeys(tree), [tree]);
  const found = useMemo(() => findNodes(tree, state.find), [tree, state.find]);
  const critical = useMemo(() => totalOf(tree.criticalNs), [tree]);
  const active = state.frame === '' ? -1 : keys.indexOf(state.frame);
  const choose = (node: number) => onChange({ frame: node < 0 ? '' : at(keys, node) });
  const frame = useMemo(
    () => frameLook(tree, state, new Set(found)),
    [tree, state.percentile, state.shade, state.find, found],
  );
  const step = (by: number) => choose(stepAmong(found, active, by));
  useCommands('Population', [
    ...kMeasureCommands.map(({ label, key, measure }) => ({
      label,
      keys: [key],
      run: () => onChange({ measure }),
    })),
    {
      label: 'The next percentile',
      keys: ['p'],
      run: () => onChange({ percentile: nextPercentile(state) }),
    },
    {
      label: 'Colours by service, or by duration',
      keys: ['o'],
      run: () => onChange({ shade: state.shade === 'service' ? 'duration' : 'service' }),
    },
  ]);

  return (
    <>
      <div class="flame-tools" role="group" aria-label="What the flame graph shows">
        <Segments
          label="Width"
          choices={kMeasureChoices}
          value={state.measure}
          onChange={measure => onChange({ measure })}
        />
        <Segments
          label="Duration"
          choices={kPercentiles.map(id => ({
            id,
            label: id,
            title: `Durations shown: ${id} of the spans`,
          }))}
          value={state.percentile}
          onChange={percentile => onChange({ percentile })}
        />
        <Segments
          label="Colour"
          choices={[
            { id: 'service', label: 'service' },
            {
              id: 'duration',
              label: state.percentile,
              title: `By ${state.percentile} of durations`,
            },
          ]}
          value={state.shade}
          onChange={shade => onChange({ shade })}
        />
        {state.shade === 'duration' && <HeatLegend heat={heatOf(tree, state.percentile)} />}
        <FindNodes
          text={state.find}
          count={found.length}
          place={found.indexOf(active)}
          onText={find => onChange({ find })}
          onStep={step}
        />
      </div>
      <div class="flame-and-panel" ref={flame}>
        <FlameCanvas
          label={`Flame graph of ${plural(population.traces, 'trace')}, width by ${kMeasures[state.measure].label.toLowerCase()}`}
          tree={tree}
          layout={layout}
          view={state.window}
          active={active}
          frame={frame}
          describe={node =>
            `${describeNode(tree, node, population.traces, critical)}\n${sumText(state.measure, sums, node, layout.width)}`
          }
          onActive={choose}
          onView={window => onChange({ window })}
        />
        <NodePanel
          population={population}
          asked={asked}
          traceIds={state.traceIds}
          node={active}
          critical={critical}
          onChoose={choose}
        />
      </div>
      <NodeTable
        tree={tree}
        traces={population.traces}
        own={own}
        sums={sums}
        measure={state.measure}
        found={state.find === '' ? undefined : found}
        sorted={state.sort}
        active={active}
        onSort={sort => onChange({ sort })}
        shown={state.shown}
        onShown={shown => onChange({ shown })}
        onChoose={choose}
      />
    </>
  );
}

function nextPercentile(state: PageState) {
  const place = kPercentiles.indexOf(state.percentile);
  return at(kPercentiles, (place + 1) % kPercentiles.length);
}

function sumText(measure: Measure, sums: Float64Array, node: number, widths: Float64Array): string {
  const sum = at(sums, node);
  const text = measure === 'count' ? plural(sum, 'span') : formatDuration(sum);
  return `width: ${text} with all below, ${percent(at(widths, node), 1)}`;
}

/** How frames look: the operation with its duration, coloured by service or by duration. */
function frameLook(
  tree: CallTree,
  { percentile, shade, find }: PageState,
  found: ReadonlySet<number>,
): (node: number) => FlameFrame {
  const durations = tree.percentileNs[percentile];
  const heat = heatOf(tree, percentile);
  return node => {
    const errors = at(tree.errors, node);
    const mark = errors > 0 ? `⚠ ${percent(errors, at(tree.spans, node))} · ` : '';
    const byService = shade === 'service';
    const { fill, ink } = byService
      ? { fill: serviceColour(at(tree.service, node)), ink: 'var(--text-on-accent)' }
      : heatColour(heat, at(durations, node));
    return {
      fill,
      ink,
      text: `${mark}${operationText(tree, node)} · ${percentile} ${formatDuration(at(durations, node))}`,
      isDimmed: find !== '' && !found.has(node),
    };
  };
}
