import { useRef } from 'preact/hooks';
import type { FoundTrace } from '../api/explore';
import { plural } from '../parts/service_pill';
import { linkTo, navigate, tracePath } from '../router';
import { formatDuration } from '../text/duration';
import { formatTime } from '../text/time';
import { useWidth } from './use_width';
import type { Bounds } from './time_window';

interface Props {
  traces: readonly FoundTrace[];
  bounds: Bounds;
  /** Whether there are more traces than these. */
  more: boolean;
}

const kHeight = 190;
const kLeft = 62;
const kRight = 8;
const kBottom = 20;
const kTop = 10;

/** The traces of the table by start and duration: round, or a square on its corner where something failed. */
export function Scatter({ traces, bounds, more }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const decades = decadesOf(traces);
  const [low, high] = [decades[0] ?? 0, decades[decades.length - 1] ?? 1];
  const x = (us: number) =>
    kLeft +
    ((us - bounds.startUs) / Math.max(1, bounds.endUs - bounds.startUs)) * (width - kLeft - kRight);
  const y = (decade: number) =>
    kHeight - kBottom - ((decade - low) / Math.max(1, high - low)) * (kHeight - kBottom - kTop);
  return (
    <div class="heat" ref={frame}>
      <svg
        class="scatter"
        role="img"
        aria-label={`Scatter of ${plural(traces.length, 'trace')} by start and duration; the table below lists them`}
        width={width}
        height={kHeight}
      >
        {decades.map(decade => (
          <g key={decade}>
            <line class="grid-line" x1={kLeft} x2={width - kRight} y1={y(decade)} y2={y(decade)} />
            <text x={kLeft - 6} y={y(decade)} text-anchor="end" dominant-baseline="middle">
              {formatDuration(10 ** decade * 1000)}
            </text>
          </g>
        ))}
        {[0, 0.25, 0.5, 0.75, 1].map(part => {
          const us = bounds.startUs + part * (bounds.endUs - bounds.startUs);
          const anchor = part === 0 ? 'start' : part === 1 ? 'end' : 'middle';
          return (
            <text key={part} x={x(us)} y={kHeight - 6} text-anchor={anchor}>
              {formatTime(BigInt(Math.round(us))).slice(11, 19)}
            </text>
          );
        })}
        {traces.map(trace => (
          <Dot
            key={trace.traceId}
            trace={trace}
            x={x(trace.startUs)}
            y={y(Math.log10(Math.max(1, trace.durationUs)))}
          />
        ))}
      </svg>
      <p class="heat-note dim">
        The {plural(traces.length, 'trace')} of the table{more && ', not all that match'}; larger
        ones have more spans.
      </p>
    </div>
  );
}

function Dot({ trace, x, y }: { trace: FoundTrace; x: number; y: number }) {
  const path = tracePath(trace.traceId);
  const radius = Math.min(9, 3 + Math.log10(Math.max(1, trace.spanCount)) * 1.8);
  const failed = trace.errorCount > 0;
  const words = `${trace.rootService} ${trace.rootOperation}, ${formatDuration(trace.durationUs * 1000)}, ${plural(trace.spanCount, 'span')}, ${plural(trace.errorCount, 'error')}`;
  return (
    // Not a tab stop: the table has the same links.
    <a
      href={linkTo(path)}
      tabIndex={-1}
      aria-hidden="true"
      onClick={event => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        navigate(path);
      }}
    >
      {failed ? (
        <path
          class="dot failed"
          d={`M${x} ${y - radius}l${radius} ${radius}l${-radius} ${radius}l${-radius} ${-radius}Z`}
        >
          <title>{words}</title>
        </path>
      ) : (
        <circle class="dot" cx={x} cy={y} r={radius}>
          <title>{words}</title>
        </circle>
      )}
    </a>
  );
}

/** Powers of ten in microseconds around all durations. */
function decadesOf(traces: readonly FoundTrace[]): number[] {
  const logs = traces.map(({ durationUs }) => Math.log10(Math.max(1, durationUs)));
  if (logs.length === 0) return [0, 1];
  const low = Math.floor(Math.min(...logs));
  const high = Math.max(low + 1, Math.ceil(Math.max(...logs)));
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}
