import { describe, expect, test } from 'vitest';
import { populationParams, populationShape } from './answer';
import { findNodes, inclusive, linksOf, ownOf, pathTo, totalOf } from './call_tree';
import { rawPopulation } from './population_maker';
import { both, kMostLevels, pathQuery, quoted } from './traceql';

const { tree } = populationShape(rawPopulation(), '');

test('depths tell parents and ends', () => {
  const { parent, end } = linksOf([0, 1, 2, 2, 1, 0]);
  expect([...parent]).toEqual([-1, 0, 1, 1, 0, -1]);
  expect([...end]).toEqual([5, 4, 3, 4, 5, 6]);
  expect(() => linksOf([0, 2])).toThrow('nodes.depth[1]: expected 1 at most');
  expect(() => linksOf([1])).toThrow();
});

test('a node is as wide as itself and all below it', () => {
  expect([...inclusive(ownOf(tree, 'critical'), tree.parent)]).toEqual([1000, 600, 150, 0]);
  expect(totalOf(ownOf(tree, 'critical'))).toBe(1000);
  expect([...inclusive(ownOf(tree, 'count'), tree.parent)]).toEqual([60, 50, 20, 0]);
});

test('an answer whose parts do not fit is refused', () => {
  const raw = rawPopulation();
  const short = { ...raw.nodes, spans: [1] };
  expect(() => populationShape({ ...raw, nodes: short }, '')).toThrow('nodes.spans');
  expect(() => populationShape({ ...raw, names: [] }, '')).toThrow('a place below 0');
  expect(() => populationShape({ ...rawPopulation(), traces: '3' }, '')).toThrow('traces');
});

test('nodes are found by service and operation, in any case', () => {
  expect(findNodes(tree, 'SHOP')).toEqual([0, 1]);
  expect(findNodes(tree, 'select')).toEqual([2]);
  expect(findNodes(tree, ' ')).toEqual([]);
});

describe('queries for the traces behind a node', () => {
  test('name the path, each call below the one before', () => {
    expect(pathTo(tree.parent, 2)).toEqual([0, 1, 2]);
    expect(pathQuery(tree, 1, 'status = error')).toEqual({
      query:
        '{ resource.service.name = "shop" && name = "GET /cart" && kind = server } > ' +
        '{ resource.service.name = "shop" && name = "load \\"it\\"" && kind = internal && status = error }',
      whole: true,
    });
  });

  test('say when only the end of a path is named', () => {
    const depths = Array.from({ length: kMostLevels + 1 }, (_, depth) => depth);
    const deep = {
      ...linksOf(depths),
      service: depths.map(() => 'a'),
      name: depths.map(String),
      kind: depths.map(() => 'server' as const),
    };
    const { query, whole } = pathQuery(deep, kMostLevels);
    expect(whole).toBe(false);
    expect(query.split(' > ')).toHaveLength(kMostLevels);
  });

  test('hold beside that of the population', () => {
    expect(both('', '{ a }')).toBe('{ a }');
    expect(both(' { } ', '{ a }')).toBe('{ a }');
    expect(both('{ b } | count() > 2', '{ a }')).toBe('({ b } | count() > 2) && ({ a })');
    expect(quoted('a\\b"c')).toBe('"a\\\\b\\"c"');
  });
});

test('a population is asked for by query and times, or by IDs', () => {
  const question = { q: ' { } ', startUs: 5.5, endUs: null, traceIds: [], limit: 7 };
  expect(String(populationParams(question))).toBe('q=%7B+%7D&start=5&limit=7');
  expect(String(populationParams({ ...question, traceIds: ['a', 'b'] }))).toBe(
    'traceId=a&traceId=b',
  );
});
