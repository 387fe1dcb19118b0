import { expect, test } from 'vitest';
import { populationShape } from '../population/answer';
import { rawPopulation } from '../population/population_maker';
import { kindOf, problemOf, readSides, sidesPath } from './sides';

const one = '1'.repeat(32);
const two = '2'.repeat(32);
const read = (query: string) => readSides(new URLSearchParams(query));

test('the address tells what is compared', () => {
  expect(read(`a=${one}&b=${two}`).mode).toBe('traces');
  expect(read(`a=${one}`)).toMatchObject({ mode: 'kind', a: one });
  expect(read(`b=${one}`)).toMatchObject({ mode: 'kind', a: one, b: '' });
  expect(read('qA=%7B%7D&startA=1&endA=2')).toMatchObject({
    mode: 'populations',
    askedA: { q: '{}', startUs: 1, endUs: 2 },
  });
  expect(read('').mode).toBe('populations');
  expect(read('mode=kind').mode).toBe('kind');
});

test('what is compared can be read from the address again', () => {
  for (const query of [
    `a=${one}&b=${two}`,
    `a=${one}&by=count&rows=tree&shown=250`,
    'qA=x&lookbackA=1d&qB=y',
    '',
  ]) {
    expect(sidesPath(read(query))).toBe(`/compare${query === '' ? '' : `?${query}`}`);
  }
  expect(sidesPath({ ...read(''), mode: 'traces' })).toBe('/compare?mode=traces');
});

test('what is missing is said', () => {
  expect(problemOf(read(''))).toContain('different');
  expect(problemOf(read('qA=x'))).toBe('');
  expect(problemOf(read('mode=kind'))).toContain('ID of a trace');
  expect(problemOf(read('mode=traces&a=zzz&b=1'))).toContain('“zzz”');
  expect(problemOf(read(`a=${one}&b=zzz`))).toContain('“zzz”');
  expect(problemOf(read(`a=${one}`))).toBe('');
});

test('traces of a kind have the same root, and are of the hour before', () => {
  const kind = kindOf(populationShape(rawPopulation(), ''));
  expect(kind?.q).toBe(
    '{ resource.service.name = "shop" && name = "GET /cart" && kind = server && ' +
      'rootServiceName = "shop" && rootName = "GET /cart" }',
  );
  expect(kind?.startUs).toBe(1_700_000_000_000_000 - 3_600_000_000);
});
