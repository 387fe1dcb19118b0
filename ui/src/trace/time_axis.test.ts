import { describe, expect, it } from 'vitest';
import { ticksOf } from './time_axis';

const labels = (totalNs: number) => ticksOf(0, totalNs, 6).map(tick => tick.label);

describe('ticksOf', () => {
  it('stands at round times', () => {
    expect(labels(40.1e6)).toEqual(['0', '10 ms', '20 ms', '30 ms', '40 ms']);
    expect(labels(800)).toEqual(['0', '200 ns', '400 ns', '600 ns', '800 ns']);
    expect(labels(200e9)).toEqual(['0', '1 min', '2 min', '3 min']);
  });

  it('never has more than asked for, whatever the length', () => {
    for (let ns = 1; ns < 1e17; ns *= 1.7) {
      const ticks = ticksOf(0, ns, 6);
      expect(ticks.length).toBeLessThanOrEqual(7);
      expect(ticks.at(-1)?.at).toBeLessThanOrEqual(100);
    }
  });

  it('has as many digits as tell neighbours apart', () => {
    const within = ticksOf(1.2345e9, 1.23452e9, 5).map(tick => tick.label);
    expect(within).toEqual(['1.234500 s', '1.234505 s', '1.234510 s', '1.234515 s', '1.234520 s']);
  });

  it('is just the start of a trace without length', () => {
    expect(labels(0)).toEqual(['0 ns']);
  });
});
