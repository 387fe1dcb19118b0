import { useMemo } from 'preact/hooks';
import { at } from '../model/at';
import { useCommands } from '../parts/commands';
import { FlameCanvas, type FlameFrame } from '../parts/flame_canvas';
import { layoutFlame } from '../parts/flame_layout';
import { Segments } from '../parts/segments';
import { plural } from '../parts/service_pill';
import type { Population } from '../population/answer';
import { findNodes, kMeasureCommands, kMeasures, type Measure } from '../population/call_tree';
import { FindNodes, stepAmong } from '../population/find_nodes';
import { frameKeys } from '../population/page_state';
import { Notices } from '../population/notices';
import { operationText } from '../population/say';
import { changeOf, compareBy, meanWidths, unite, type DiffTree, type DiffValues } from './diff';
import { DiffPanel } from './diff_panel';
import { DiffTable } from './diff_table';
import type { Loaded } from './load';
import type { Look } from './sides';
import { changeText, describeDiff, kSigns, relativeText, valueText } from './say_diff';

interface Props {
  loaded: Loaded;
  look: Look;
  onChange: (change: Partial<Look>) => void;
}

const kMeasureChoices = (Object.keys(kMeasures) as Measure[]).map(id => ({
  id,
  label: kMeasures[id].label,
  title: `${kMeasures[id].label} per trace`,
}));

/** Both sides in one flame graph, and what changed most as a list. */
export function CompareView({ loaded, look, onChange }: Props) {
  const { a, b } = loaded;
  const { measure, find } = look;
  const tree = useMemo(() => unite(a.tree, b.tree), [a, b]);
  const keys = useMemo(() => frameKeys(tree), [tree]);
  const active = look.frame === '' ? -1 : keys.indexOf(look.frame);
  const choose = (node: number) => onChange({ frame: node < 0 ? '' : at(keys, node) });
  const values = useMemo(() => compareBy(tree, a, b, measure), [tree, measure]);
  const layout = useMemo(() => layoutFlame(tree, meanWidths(values)), [tree, values]);
  const found = useMemo(() => findNodes(tree, find), [tree, find]);
  const frame = useMemo(
    () => frameLook(tree, values, find === '' ? undefined : new Set(found)),
    [tree, values, found],
  );
  const step = (by: number) => choose(stepAmong(found, active, by));
  useCommands(
    'Compare',
    kMeasureCommands.map(({ label, key, measure }) => ({
      label,
      keys: [key],
      run: () => onChange({ measure }),
    })),
  );
  if (a.traces === 0 || b.traces === 0) return <NothingToCompare loaded={loaded} />;
  return (
    <>
      <Summary loaded={loaded} values={values} measure={measure} />
      <div class="flame-tools" role="group" aria-label="What is compared">
        <Segments
          label="By"
          choices={kMeasureChoices}
          value={measure}
          onChange={measure => onChange({ measure })}
        />
        <Legend />
        <FindNodes
          text={find}
          count={found.length}
          place={found.indexOf(active)}
          onText={find => onChange({ find })}
          onStep={step}
        />
      </div>
      <div class="flame-and-panel">
        <FlameCanvas
          label={`Flame graph of both sides: ${kMeasures[measure].label.toLowerCase()} per trace, coloured by difference`}
          tree={tree}
          layout={layout}
          view={look.window}
          active={active}
          frame={frame}
          describe={node => describeDiff(tree, values, loaded, measure, node)}
          onActive={choose}
          onView={window => onChange({ window })}
        />
        <DiffPanel tree={tree} values={values} loaded={loaded} measure={measure} node={active} />
      </div>
      <DiffTable
        tree={tree}
        values={values}
        loaded={loaded}
        measure={measure}
        rows={look.rows}
        shown={look.shown}
        active={active}
        onRows={rows => onChange({ rows, shown: 0 })}
        onShown={shown => onChange({ shown })}
        onChoose={choose}
      />
    </>
  );
}

function Summary({
  loaded: { a, b, titleA, titleB, kind },
  values: { wholeA, wholeB },
  measure,
}: {
  loaded: Loaded;
  values: DiffValues;
  measure: Measure;
}) {
  const side = (title: string, { traces, spans }: Population, value: number) => (
    <span>
      <b>{title}</b>: {plural(traces, 'trace')}, {plural(spans, 'span')},{' '}
      {valueText(value, measure)} per trace
    </span>
  );
  return (
    <>
      <p class="compare-summary" role="status">
        {side(titleA, a, wholeA)}
        <span aria-hidden="true">→</span>
        {side(titleB, b, wholeB)}
        <b>{changeText(wholeA, wholeB, measure)}</b>
      </p>
      {kind && (
        <p class="dim">
          Its kind: traces of the hour before it that match <code>{kind.q}</code>
        </p>
      )}
      <Notices population={a} of={titleA} />
      <Notices population={b} of={titleB} />
    </>
  );
}

function Legend() {
  return (
    <p class="diff-legend" aria-label="Colours">
      {(
        [
          ['faster', '▼ faster'],
          ['same', '= same'],
          ['slower', '▲ slower'],
          ['new', '+ new (striped)'],
          ['gone', '− gone (striped)'],
        ] as const
      ).map(([verdict, text]) => (
        <span key={verdict}>
          <i
            aria-hidden="true"
            style={{ background: verdict === 'same' ? kSameFill : `var(--${fillOf(verdict)})` }}
          />
          {text}
        </span>
      ))}
    </p>
  );
}

const kSameFill = 'var(--diff-same)';

function fillOf(verdict: 'faster' | 'slower' | 'new' | 'gone'): string {
  return { faster: 'diff-less-1', slower: 'diff-more-1', new: 'diff-more-2', gone: 'diff-less-2' }[
    verdict
  ];
}

/** The more a frame changed, the stronger its colour; what is on one side only is striped as well. */
function frameLook(
  tree: DiffTree,
  values: DiffValues,
  found: ReadonlySet<number> | undefined,
): (node: number) => FlameFrame {
  return node => {
    const verdict = at(values.verdict, node);
    const change = changeOf(values, node);
    const strength = Math.min(2, Math.floor(Math.abs(change) * 5)); // from a fifth, from two fifths
    const isSame = verdict === 'same';
    const text = `${kSigns[verdict]} ${operationText(tree, node)}`;
    const isOneSided = verdict === 'new' || verdict === 'gone';
    return {
      fill: isSame
        ? kSameFill
        : `var(--diff-${change > 0 || verdict === 'new' ? 'more' : 'less'}-${strength})`,
      ink: isSame || strength === 0 ? 'var(--text)' : 'var(--text-on-accent)',
      text:
        isOneSided || isSame
          ? text
          : `${text} ${relativeText(at(values.sumA, node), at(values.sumB, node))}`,
      isStriped: isOneSided,
      isDimmed: found !== undefined && !found.has(node),
    };
  };
}

function NothingToCompare({ loaded: { a, b, titleA, titleB, kind } }: { loaded: Loaded }) {
  const empty = [a.traces === 0 ? titleA : '', b.traces === 0 ? titleB : ''].filter(text => text);
  return (
    <div class="notice-page">
      <h2>No trace matches {empty.join(' and ')}</h2>
      {kind && <p class="mono said">{kind.q}</p>}
      <p>Take a longer time, or ask for less.</p>
    </div>
  );
}
