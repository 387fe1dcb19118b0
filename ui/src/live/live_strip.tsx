import { kStripSeconds, type Tick } from './live_list';

const kHeight = 32;

/** The last minute, a bar a second: what was told, the failed part of it, and on top what was dropped. */
export function LiveStrip({ ticks }: { ticks: readonly Tick[] }) {
  const most = ticks.reduce((max, tick) => Math.max(max, tick.told + tick.dropped), 1);
  const scale = kHeight / most;
  return (
    <svg
      class="live-strip"
      viewBox={`0 0 ${kStripSeconds * 4} ${kHeight}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {ticks.map(({ told, failed, dropped }, i) => (
        <g key={i} transform={`translate(${i * 4} 0)`}>
          <title>{`${told} told, ${failed} with errors, ${dropped} dropped`}</title>
          <rect class="told" width="3" y={kHeight - told * scale} height={told * scale} />
          <rect class="failed" width="3" y={kHeight - failed * scale} height={failed * scale} />
          <rect
            class="dropped"
            width="3"
            y={kHeight - (told + dropped) * scale}
            height={dropped * scale}
          />
        </g>
      ))}
    </svg>
  );
}
