import { describe, expect, it } from 'vitest';
import { formOf, kEmptyForm, traceqlOf, type Condition, type Form } from './form';
import { faultIn, fieldOf, literalOf, narrowed, soleFilter, tokenize, unitsAt } from './traceql';

const condition = (change: Partial<Condition>): Condition => ({
  key: 'http.status_code',
  op: '=',
  value: '503',
  type: 'any',
  ...change,
});

describe('the form and TraceQL', () => {
  const full: Form = {
    service: 'a "b" \\ c',
    operation: 'GET /',
    status: 'error',
    kind: 'server',
    rootsOnly: true,
    minDuration: '100ms',
    maxDuration: '1.5s',
    conditions: [
      condition({}),
      condition({ type: 'typed', op: '>=' }),
      condition({ type: 'text' }),
      condition({ op: 'not' }),
      condition({ op: '!=', value: '-5' }),
      condition({ key: 'span.user.name', value: 'ann', type: 'text', op: '=~' }),
      condition({ key: '."two words"', value: 'x', type: 'text' }),
      condition({ key: 'duration', op: '>', value: '1073741824ns', type: 'typed' }),
      condition({ key: 'event.exception.type', op: 'exists', value: '', type: 'text' }),
      condition({ key: 'rootServiceName', op: 'not', value: 'edge', type: 'text' }),
      condition({ key: 'status', op: 'not', value: 'ok', type: 'typed' }),
      condition({ key: 'x', op: 'absent', value: '', type: 'text' }),
      condition({ key: 'cache.hit', value: 'true' }),
    ],
  };

  it('say the same', () => {
    expect(traceqlOf(kEmptyForm)).toBe('{}');
    expect(formOf('{}')).toEqual(kEmptyForm);
    expect(formOf('  ')).toEqual(kEmptyForm);
    expect(formOf(traceqlOf(full))).toEqual(full);
    for (const each of full.conditions) {
      const one = { ...kEmptyForm, conditions: [each] };
      expect(formOf(traceqlOf(one))).toEqual(one);
    }
  });

  it('write a value that looks like a number for all types, unless told otherwise', () => {
    const q = (change: Partial<Condition>) =>
      traceqlOf({ ...kEmptyForm, conditions: [condition(change)] });
    expect(q({})).toBe('{ (.http.status_code = 503 || .http.status_code = "503") }');
    expect(q({ op: 'not' })).toBe('{ !(.http.status_code = 503 || .http.status_code = "503") }');
    expect(q({ op: '>' })).toBe('{ .http.status_code > 503 }');
    expect(q({ type: 'text' })).toBe('{ .http.status_code = "503" }');
    expect(q({ op: '=~', value: '50.' })).toBe('{ .http.status_code =~ "50." }');
    expect(q({ value: 'abc' })).toBe('{ .http.status_code = "abc" }');
    expect(q({ key: 'duration', value: '5ms' })).toBe('{ duration = 5ms }');
    expect(q({ key: '', value: 'abc' })).toBe('{}');
    expect(q({ op: '>', value: '' })).toBe('{}');
  });

  it('understand conditions in any order', () => {
    const form = formOf('{ .x = "1" && status = error && resource.service.name = "s" }');
    expect(form?.service).toBe('s');
    expect(form?.status).toBe('error');
    expect(form?.conditions).toHaveLength(1);
  });

  it('leave to TraceQL what only TraceQL can say', () => {
    for (const query of [
      '{ .a = "b" || .c = "d" }',
      '{ .a = "b" } >> { .c = "d" }',
      '{ .a = "b" } | count() > 2',
      '{ .a + 1 = 2 }',
      '{ !.a }',
      '{ .a = "b" && (.c = "d" && .e = "f") }',
      '{ "b" = .a }',
      '{ .a = "b"',
      '{ .a = "\\x41" }',
      '{ .a }',
      '{ && }',
      'x',
    ]) {
      expect(formOf(query), query).toBeNull();
    }
  });
});

describe('TraceQL as text', () => {
  it('is cut into tokens that are all of it', () => {
    const text =
      '{ span.http-x."a b".c >= 1h30m && .a-b != -5 } >> { name=~`x` } | avg(duration)>1e3 // é§';
    expect(
      tokenize(text)
        .map(token => token.text)
        .join(''),
    ).toBe(text);
    const kinds = tokenize('{ .5 < span.a && name = 1m } §').filter(t => t.kind !== 'space');
    expect(kinds.map(token => token.kind)).toEqual([
      'symbol',
      'number',
      'symbol',
      'field',
      'symbol',
      'word',
      'symbol',
      'duration',
      'symbol',
      'unknown',
    ]);
  });

  it('is narrowed within its braces where it is one filter', () => {
    expect(narrowed('{}', 'status = error')).toBe('{ status = error }');
    expect(narrowed('{ .a = "}" }', 'status = error')).toBe('{ .a = "}" && status = error }');
    expect(narrowed('{ .a || .b }', '.c')).toBe('{ (.a || .b) && .c }');
    expect(narrowed('{ (.a || .b) && .d }', '.c')).toBe('{ (.a || .b) && .d && .c }');
    expect(narrowed('{.a} > {.b}', '.c')).toBe('{.a} > {.b} | { .c }');
    expect(soleFilter('{ .a } | count() > 1')).toBeNull();
  });

  it('has names and values with anything in them', () => {
    expect(fieldOf('span', 'http.method')).toBe('span.http.method');
    expect(fieldOf('', 'a "b" c')).toBe('."a \\"b\\" c"');
    expect(literalOf('string', 'a\n"')).toBe('"a\\n\\""');
    expect(literalOf('int64', '503')).toBe('503');
    expect(literalOf('float64', 2)).toBe('2.0');
    expect(literalOf('bool', true)).toBe('true');
    expect(literalOf('map', {})).toBeNull();
  });

  it('has faults at columns of characters', () => {
    expect(faultIn('q: column 7: what is this?')).toEqual({ at: 6, what: 'what is this?' });
    expect(faultIn('something else')).toBeNull();
    expect(unitsAt('a𝄞b', 2)).toBe(3);
  });
});
