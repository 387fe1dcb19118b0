import { describe, expect, it } from 'vitest';
import { buildTrace } from '../model/trace';
import { traceOf } from '../model/trace_maker';
import { barOf, ticksOf } from './time_axis';

const labels = (totalNs: number) => ticksOf(totalNs, 6).map(tick => tick.label);

describe('ticksOf', () => {
  it('stands at round times', () => {
    expect(labels(40.1e6)).toEqual(['0', '10 ms', '20 ms', '30 ms', '40 ms']);
    expect(labels(800)).toEqual(['0', '200 ns', '400 ns', '600 ns', '800 ns']);
    expect(labels(200e9)).toEqual(['0', '1 min', '2 min', '3 min']);
  });

  it('never has more than asked for, whatever the length', () => {
    for (let ns = 1; ns < 1e17; ns *= 1.7) {
      const ticks = ticksOf(ns, 6);
      expect(ticks.length).toBeLessThanOrEqual(7);
      expect(ticks.at(-1)?.at).toBeLessThanOrEqual(100);
    }
  });

  it('is just the start of a trace without length', () => {
    expect(labels(0)).toEqual(['0 ns']);
  });
});

describe('barOf', () => {
  it('gives the place in percent, from the earliest span on', () => {
    const trace = traceOf(
      { spanId: 'a', startNs: -50, durationNs: 50 },
      { spanId: 'b', startNs: 0, durationNs: 150 },
    );
    const model = buildTrace(trace);
    expect(trace.spans.map(span => barOf(model, span))).toEqual([
      { left: 0, width: 25 },
      { left: 25, width: 75 },
    ]);
  });
});
