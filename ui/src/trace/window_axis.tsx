import type { TimeWindow } from './faces';
import { ticksOf } from './time_axis';

interface Props {
  window: TimeWindow;
  tickNs: number;
}

const kMostLabels = 6;

/** Round times above a window, counted from the start of the trace. */
export function WindowAxis({ window, tickNs }: Props) {
  const ticks = ticksOf(window.from * tickNs, window.to * tickNs, kMostLabels);
  return (
    <div class="window-axis" aria-hidden="true">
      {ticks.map(tick => (
        <span key={tick.at} style={{ left: `${tick.at}%` }}>
          {tick.label}
        </span>
      ))}
    </div>
  );
}
