import type { TraceColumns } from '../../model/columns';
import { Swatch } from '../../parts/service_pill';
import { nameOfOperation, serviceOfOperation } from '../face_texts';
import type { FlameBoxes } from './flame_boxes';

interface Props {
  columns: TraceColumns;
  boxes: FlameBoxes;
  box: number;
  /** Of the pointer, from the corner of what the tip lies on. */
  x: number;
  y: number;
  /** How wide and high that is. */
  room: { width: number; height: number };
}

/** What the box under the pointer is. The same stands in the panel for those who do not point. */
export function FrameTip({ columns, boxes, box, x, y, room }: Props) {
  const operation = boxes.flame.operation[box]!;
  return (
    <div
      class="frame-tip"
      aria-hidden="true"
      style={{
        // Away from the nearer edges, so that nothing of it is cut off.
        ...(x < room.width / 2 ? { left: `${x + 14}px` } : { right: `${room.width - x + 14}px` }),
        ...(y < room.height / 2 ? { top: `${y + 16}px` } : { bottom: `${room.height - y + 8}px` }),
      }}
    >
      <b>{nameOfOperation(columns, operation)}</b>
      <p>
        <Swatch service={serviceOfOperation(columns, operation)} />{' '}
        {serviceOfOperation(columns, operation)}
      </p>
      <dl>
        {boxes.factsOf(box).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
