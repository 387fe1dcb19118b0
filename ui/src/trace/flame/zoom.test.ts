import { describe, expect, it } from 'vitest';
import { around, panned, reaching, zoomed } from './zoom';

const whole = { from: 0, to: 1000 };

describe('zooming', () => {
  it('keeps the tick under the pointer where it is', () => {
    expect(zoomed({ from: 0, to: 1000 }, 0.25, 0.5, whole)).toEqual({ from: 125, to: 625 });
  });

  it('goes neither beyond the trace nor below a few ticks', () => {
    expect(zoomed({ from: 100, to: 900 }, 0.5, 100, whole)).toEqual(whole);
    expect(zoomed({ from: 0, to: 10 }, 0, 2, whole)).toEqual({ from: 0, to: 20 });
    const closest = zoomed({ from: 500, to: 504 }, 0.5, 0.01, whole);
    expect(closest.to - closest.from).toBe(4);
  });

  it('pans as far as there is something', () => {
    expect(panned({ from: 100, to: 200 }, -500, whole)).toEqual({ from: 0, to: 100 });
    expect(panned({ from: 100, to: 200 }, 50, whole)).toEqual({ from: 150, to: 250 });
  });

  it('shows a box with air around it', () => {
    expect(around(100, 100, whole)).toEqual({ from: 98, to: 202 });
    expect(around(0, 1000, whole)).toEqual(whole);
  });

  it('moves only as far as it must', () => {
    const window = { from: 100, to: 200 };
    expect(reaching(window, 150, 10, whole)).toBe(window);
    expect(reaching(window, 500, 20, whole)).toEqual({ from: 460, to: 560 });
  });
});
