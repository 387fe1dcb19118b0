import { expect, test } from 'vitest';
import { populationShape, type Population, type RawPopulation } from '../population/answer';
import { rawPopulation } from '../population/population_maker';
import { changeOf, compareBy, meanWidths, ownVerdict, ranked, unite } from './diff';

/** Lines "depth service name spans criticalNs", as one population. */
function population(traces: number, lines: string[]): Population {
  const rows = lines.map(line => line.trim().split(/\s+/));
  const column = (i: number) => rows.map(row => Number(row[i]));
  const texts = (i: number) => rows.map(row => row[i] ?? '');
  const zeros = rows.map(() => 0);
  const nothing = rows.map(() => null);
  const services = [...new Set(texts(1))];
  const names = [...new Set(texts(2))];
  const raw: RawPopulation = rawPopulation({
    traces,
    services,
    names,
    nodes: {
      ...Object.fromEntries(Object.keys(rawPopulation().nodes).map(key => [key, zeros])),
      depth: column(0),
      service: texts(1).map(text => services.indexOf(text)),
      name: texts(2).map(text => names.indexOf(text)),
      kind: rows.map(() => 'server' as const),
      spans: column(3),
      criticalNs: column(4),
      typical: nothing,
      slowest: nothing,
      failed: nothing,
    } as RawPopulation['nodes'],
  });
  return populationShape(raw, '');
}

const a = population(10, [
  '0 web get 10 1000',
  '1 db read 20 2000',
  '1 old call 10 500',
  '2 old deep 10 100',
]);
const b = population(100, [
  '0 web get 100 10000',
  '1 new call 100 3000',
  '1 db read 300 40000',
  '0 cron run 5 0',
]);
const tree = unite(a.tree, b.tree);

test('calls of equal paths are one, in the order of A, what only B has behind', () => {
  const drawn = tree.name.map(
    (name, i) => `${tree.depth[i]} ${tree.service[i]} ${name} ${tree.inA[i]} ${tree.inB[i]}`,
  );
  expect(drawn).toEqual([
    '0 web get 0 0',
    '1 db read 1 2',
    '1 old call 2 -1',
    '2 old deep 3 -1',
    '1 new call -1 1',
    '0 cron run -1 3',
  ]);
});

test('both sides count per trace', () => {
  const values = compareBy(tree, a, b, 'critical');
  expect([...values.ownA]).toEqual([100, 200, 50, 10, 0, 0]);
  expect([...values.ownB]).toEqual([100, 400, 0, 0, 30, 0]);
  expect([...values.sumA]).toEqual([360, 200, 60, 10, 0, 0]);
  expect([...values.sumB]).toEqual([530, 400, 0, 0, 30, 0]);
  expect(values.verdict).toEqual(['slower', 'slower', 'gone', 'gone', 'new', 'new']);
  expect([...meanWidths(values)]).toEqual([445, 300, 30, 5, 15, 0]);
  expect(changeOf(values, 1)).toBe(0.5);
  expect(changeOf(values, 2)).toBe(-1);
  expect(changeOf(values, 5)).toBe(0);
});

test('what changed most by itself comes first', () => {
  const values = compareBy(tree, a, b, 'critical');
  // The root only has slower calls below it.
  expect(ranked(tree, values)).toEqual([1, 2, 4, 3, 5]);
  expect(ownVerdict(tree, values, 0)).toBe('same');
  expect(ownVerdict(tree, values, 1)).toBe('slower');
});

test('small differences are none', () => {
  const slightly = population(10, [
    '0 web get 10 1010',
    '1 db read 20 2000',
    '1 old call 10 500',
    '2 old deep 10 103',
  ]);
  const same = unite(a.tree, slightly.tree);
  const { verdict } = compareBy(same, a, slightly, 'critical');
  expect(verdict).toEqual(['same', 'same', 'same', 'same']);
});

test('a population compared with itself has no changes', () => {
  const same = unite(b.tree, b.tree);
  const values = compareBy(same, b, b, 'count');
  expect(ranked(same, values)).toEqual([]);
  expect(new Set(values.verdict)).toEqual(new Set(['same']));
});

test('nothing compared with nothing is nothing', () => {
  const empty = population(0, []);
  const values = compareBy(unite(empty.tree, empty.tree), empty, empty, 'critical');
  expect(values.wholeA).toBe(0);
  expect(ranked(unite(empty.tree, empty.tree), values)).toEqual([]);
});
