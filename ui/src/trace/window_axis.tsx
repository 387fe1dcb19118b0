import { formatDuration } from '../text/duration';
import type { TimeWindow } from './faces';
import { ticksOf } from './time_axis';

interface Props {
  window: TimeWindow;
  tickNs: number;
}

const kMostLabels = 6;

/** Round times above a window, counted from the start of the trace. */
export function WindowAxis({ window, tickNs }: Props) {
  const fromNs = window.from * tickNs;
  const lengthNs = (window.to - window.from) * tickNs;
  const [, second] = ticksOf(lengthNs, kMostLabels);
  const stepNs = second ? (second.at / 100) * lengthNs : lengthNs;
  const first = Math.ceil(fromNs / stepNs - 1e-9);
  const count = Math.floor((fromNs + lengthNs) / stepNs + 1e-9) - first + 1;
  return (
    <div class="window-axis" aria-hidden="true">
      {Array.from({ length: count }, (_, i) => {
        const ns = (first + i) * stepNs;
        return (
          <span key={ns} style={{ left: `${((ns - fromNs) / lengthNs) * 100}%` }}>
            {ns === 0 ? '0' : labelOf(ns, stepNs)}
          </span>
        );
      })}
    </div>
  );
}

/** Far from 0 three digits are not enough to tell one label from the next. */
function labelOf(ns: number, stepNs: number): string {
  if (ns < 900 * stepNs) return formatDuration(ns);
  const unit = stepNs >= 1e6 ? 1e6 : stepNs >= 1e3 ? 1e3 : 1;
  const name = unit === 1e6 ? 'ms' : unit === 1e3 ? 'µs' : 'ns';
  return `${Math.round(ns / unit).toLocaleString('en')} ${name}`;
}
