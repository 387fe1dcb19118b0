import { describe, expect, it } from 'vitest';
import { placed, spread, viewOf } from './projection';

const kAmsterdam = { latitude: 52.4, longitude: 4.9 };
const kFrankfurt = { latitude: 50.1, longitude: 8.7 };
const kSydney = { latitude: -33.9, longitude: 151.2 };

describe('viewOf', () => {
  it.each([
    [[kAmsterdam]],
    [[kAmsterdam, kFrankfurt]],
    [[kAmsterdam, kSydney]],
    [[kAmsterdam, kFrankfurt, kSydney, { latitude: 64, longitude: -150 }]],
  ])('shows every place, with room around it', places => {
    for (const aspect of [0.6, 2.4]) {
      const view = viewOf(places, aspect);
      for (const place of places) {
        const [x, y] = placed(place, view);
        expect(Math.min(x, y)).toBeGreaterThan(0.02);
        expect(Math.max(x, y)).toBeLessThan(0.98);
      }
    }
  });

  it('is true at its middle: a degree is as long both ways', () => {
    const view = viewOf([kAmsterdam, kFrankfurt], 2);
    const shrink = Math.cos((51.25 * Math.PI) / 180);
    expect((view.width * shrink) / view.height).toBeCloseTo(2);
  });

  it('shows the world where there is nothing to show', () => {
    expect(viewOf([], 2).width).toBe(360);
  });
});

describe('spread', () => {
  it('moves apart what is too near, and nothing else', () => {
    const points: [number, number][] = [
      [10, 10],
      [10, 10],
      [12, 10],
      [200, 200],
    ];
    const moved = spread(points, 30);
    for (let i = 0; i < 4; i++) {
      for (let j = i + 1; j < 4; j++) {
        const [a, b] = [moved[i]!, moved[j]!];
        expect(Math.hypot(a[0] - b[0], a[1] - b[1])).toBeGreaterThan(29);
      }
    }
    expect(moved[3]).toEqual([200, 200]);
    expect(spread(points, 30)).toEqual(moved);
  });
});
