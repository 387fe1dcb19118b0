import type { TraceColumns } from '../../model/columns';
import { ErrorIcon } from '../../parts/icons';
import { Swatch } from '../../parts/service_pill';
import { nameOfOperation, serviceOfOperation } from '../face_texts';
import type { FlameBoxes } from './flame_boxes';
import type { Children } from './flame_moves';

interface Props {
  columns: TraceColumns;
  boxes: FlameBoxes;
  children: Children;
  active: number;
  onActive: (box: number) => void;
  onZoom: (box: number) => void;
  onDetail: (box: number) => void;
}

/** More boxes above or below are counted, not listed. */
const kMostAbove = 12;
const kMostBelow = 200;

/** The active box in words: its numbers, what is above it and what is below. The flame graph for those who read. */
export function FramePanel({ columns, boxes, children, active, ...on }: Props) {
  if (active === -1) return null;
  const { flame } = boxes;
  const above: number[] = [];
  let up = flame.parent[active]!;
  for (; up !== -1 && above.length < kMostAbove; up = flame.parent[up]!) above.push(up);
  const below = children.of(active).sort((a, b) => flame.length[b]! - flame.length[a]!);
  const operation = flame.operation[active]!;
  return (
    <aside class="frame-panel" aria-label="The chosen box" tabIndex={0}>
      <h2>{nameOfOperation(columns, operation)}</h2>
      <p>
        <Swatch service={serviceOfOperation(columns, operation)} />{' '}
        {serviceOfOperation(columns, operation)}
      </p>
      <dl class="frame-facts">
        {boxes.factsOf(active).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="frame-actions">
        <button type="button" class="button" onClick={() => on.onZoom(active)}>
          Zoom to it
        </button>
        <button type="button" class="button" onClick={() => on.onDetail(active)}>
          {boxes.path ? 'Details' : 'Details of the longest'}
        </button>
      </div>
      <BoxTable
        caption="Above"
        none="nothing: it is at the top"
        boxes={boxes}
        columns={columns}
        shown={above}
        more={up === -1 ? 0 : moreAbove(flame.parent, up)}
        onActive={on.onActive}
      />
      <BoxTable
        caption="Below, longest first"
        none="nothing"
        boxes={boxes}
        columns={columns}
        shown={below.slice(0, kMostBelow)}
        more={Math.max(0, below.length - kMostBelow)}
        onActive={on.onActive}
      />
    </aside>
  );
}

interface TableProps {
  caption: string;
  none: string;
  columns: TraceColumns;
  boxes: FlameBoxes;
  shown: readonly number[];
  more: number;
  onActive: (box: number) => void;
}

function BoxTable({ caption, none, columns, boxes, shown, more, onActive }: TableProps) {
  return (
    <table class="frame-table">
      <caption>{caption}</caption>
      <thead class="hidden">
        <tr>
          <th scope="col">Operation</th>
          <th scope="col">Time</th>
        </tr>
      </thead>
      <tbody>
        {shown.map(box => {
          const operation = boxes.flame.operation[box]!;
          return (
            <tr key={box}>
              <th scope="row">
                <button type="button" class="frame-link" onClick={() => onActive(box)}>
                  <Swatch service={serviceOfOperation(columns, operation)} />
                  <span class="hidden">{serviceOfOperation(columns, operation)}</span>
                  {boxes.hasFailed(box) && (
                    <>
                      <ErrorIcon />
                      <span class="hidden">failed</span>
                    </>
                  )}
                  <span>{nameOfOperation(columns, operation)}</span>
                </button>
              </th>
              <td>{boxes.lengthOf(box)}</td>
            </tr>
          );
        })}
        {shown.length === 0 && (
          <tr>
            <td colSpan={2} class="dim">
              {none}
            </td>
          </tr>
        )}
        {more > 0 && (
          <tr>
            <td colSpan={2} class="dim">
              and {more.toLocaleString('en')} more
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

function moreAbove(parent: Int32Array, from: number): number {
  let count = 0;
  for (let up = from; up !== -1; up = parent[up]!) count++;
  return count;
}
