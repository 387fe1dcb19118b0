import { describe, expect, it } from 'vitest';
import { expectedAt } from './complete';

/** What is expected at the `|` … the mark is `§`. */
function at(marked: string) {
  const place = marked.indexOf('§');
  return expectedAt(marked.replace('§', ''), place);
}

describe('completion of TraceQL', () => {
  it('offers names where a name may stand', () => {
    expect(at('{ §')).toEqual({ what: 'field', from: 2, typed: '' });
    expect(at('{ spa§n.x = 1 }')).toEqual({ what: 'field', from: 2, typed: 'spa' });
    expect(at('{ span.http.§ }')).toEqual({ what: 'field', from: 2, typed: 'span.http.' });
    expect(at('{ .§')).toEqual({ what: 'field', from: 2, typed: '.' });
    expect(at('{ .a = 1 && (§')).toEqual({ what: 'field', from: 13, typed: '' });
    expect(at('{} | select(span.a, §')).toEqual({ what: 'field', from: 20, typed: '' });
    expect(at('{} | rate() by (res§')).toEqual({ what: 'field', from: 16, typed: 'res' });
    expect(at('{} | quantile_over_time(dur§')).toMatchObject({ what: 'field', typed: 'dur' });
  });

  it('offers values behind a comparison, also within an open quote', () => {
    expect(at('{ span.a = §')).toEqual({ what: 'value', from: 11, typed: '', field: 'span.a' });
    expect(at('{ status!=er§')).toEqual({ what: 'value', from: 10, typed: 'er', field: 'status' });
    expect(at('{ .a = 50§')).toEqual({ what: 'value', from: 7, typed: '50', field: '.a' });
    expect(at('{ name = "GET /a§')).toEqual({
      what: 'value',
      from: 9,
      typed: '"GET /a',
      field: 'name',
    });
    expect(at('{ name = "GET§" }')).toMatchObject({ what: 'value', typed: '"GET' });
  });

  it('offers stages behind a bar', () => {
    expect(at('{ .a = 1 } | §')).toEqual({ what: 'stage', from: 13, typed: '' });
    expect(at('{} | cou§')).toEqual({ what: 'stage', from: 5, typed: 'cou' });
  });

  it('offers nothing where nothing of these may stand', () => {
    for (const query of ['{ .a = 1 §', '{} §', '§', '{ .a = 1 } // §', '{} | count() > §']) {
      expect(at(query), query).toEqual({ what: 'nothing' });
    }
  });
});
