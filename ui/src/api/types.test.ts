import { describe, expect, it } from 'vitest';
import { traceShape } from './types';

const span = {
  spanId: '00f067aa0ba902b7',
  parentId: '',
  name: 'ingress',
  kind: 'server',
  startNs: 0,
  durationNs: 5,
  status: { code: 'unset', message: '' },
  resource: 0,
  scope: 0,
  flags: 257,
  traceState: '',
  attributes: [{ key: 'n', type: 'int64', value: '9223372036854775807' }],
  events: [],
  links: [],
  droppedAttributes: 0,
  droppedEvents: 0,
  droppedLinks: 0,
};
const trace = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  startNs: '1700000000123456789',
  durationNs: 5,
  complete: true,
  resources: [{ service: 'edge', attributes: [] }],
  scopes: [{ name: '', version: '' }],
  spans: [span],
};

describe('traceShape', () => {
  it('keeps every digit of times and 64-bit values', () => {
    const read = traceShape(trace, '');
    expect(read.startNs).toBe(1700000000123456789n);
    expect(read.spans[0]?.attributes[0]?.value).toBe('9223372036854775807');
  });

  it('takes fields it does not know', () => {
    expect(traceShape({ ...trace, later: 1 }, '')).not.toHaveProperty('later');
  });

  it.each([
    [{ ...trace, startNs: 17 }, 'startNs: expected a decimal string, got 17'],
    [{ ...trace, spans: [{ ...span, kind: 'SERVER' }] }, 'spans[0].kind: expected one of'],
    [{ ...trace, spans: [{ ...span, name: null }] }, 'spans[0].name: expected a string, got null'],
    [{ ...trace, spans: {} }, 'spans: expected an array, got {}'],
    [
      { ...trace, spans: [{ ...span, attributes: [{ key: 'a', type: 'string' }] }] },
      'attributes[0].value: expected a value, got nothing',
    ],
  ])('says which field is wrong', (value, message) => {
    expect(() => traceShape(value, '')).toThrow(message);
  });
});
