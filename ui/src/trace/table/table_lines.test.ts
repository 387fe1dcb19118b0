import { describe, expect, it } from 'vitest';
import type { GroupStatistics } from '../../model/statistics';
import { longestOf, queryFor, shownLines, sortedBy } from './table_lines';

const line = (text: string, service: string, total: number): GroupStatistics => ({
  label: { text, service },
  group: 0,
  count: 1,
  errors: 0,
  total,
  average: total,
  p50: total,
  p95: total,
  max: total,
  self: 0,
  onPath: 0,
});
const lines = [line('GET /', 'edge', 5), line('query', 'db', 9), line('GET /', 'app', 5)];
const names = (shown: GroupStatistics[]) =>
  shown.map(({ label }) => `${label.service} ${label.text}`);

describe('shownLines', () => {
  it('sorts, and by name where that is equal', () => {
    expect(names(shownLines(lines, '', { key: 'total', descending: true }))).toEqual([
      'db query',
      'app GET /',
      'edge GET /',
    ]);
    expect(names(shownLines(lines, '', { key: 'label', descending: true }))[0]).toBe('db query');
  });

  it('filters by label and service', () => {
    expect(names(shownLines(lines, 'QUERY', { key: 'total', descending: true }))).toEqual([
      'db query',
    ]);
    expect(names(shownLines(lines, 'app', { key: 'total', descending: true }))).toEqual([
      'app GET /',
    ]);
  });
});

describe('sortedBy', () => {
  it('starts with the largest and turns round', () => {
    const byTotal = sortedBy({ key: 'label', descending: false }, 'total');
    expect(byTotal).toEqual({ key: 'total', descending: true });
    expect(sortedBy(byTotal, 'total')).toEqual({ key: 'total', descending: false });
    expect(sortedBy(byTotal, 'label')).toEqual({ key: 'label', descending: false });
  });
});

describe('a line', () => {
  it('says what finds its spans', () => {
    const [edge] = lines;
    expect(queryFor('operation', edge!, '')).toBe('service=edge GET /');
    expect(queryFor('attribute', line('503', '', 1), 'http.status')).toBe('http.status=503');
  });

  it('has a longest span', () => {
    expect(longestOf(Int32Array.of(0, 1, 0, -1), Uint32Array.of(5, 99, 7, 100), 0)).toBe(2);
    expect(longestOf(Int32Array.of(0), Uint32Array.of(5), 3)).toBe(-1);
  });
});
