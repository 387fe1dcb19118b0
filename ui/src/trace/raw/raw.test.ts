import { describe, expect, it } from 'vitest';
import { beginningOf, kRawFormats } from './formats';

describe('raw formats', () => {
  it('give OTLP as collectors take it, without the envelope of Jaeger', () => {
    const otlp = kRawFormats.find(format => format.id === 'otlp');
    expect(otlp?.unwrap({ result: { resourceSpans: [] } })).toEqual({ resourceSpans: [] });
    expect(otlp?.unwrap({ error: 'x' })).toEqual({ error: 'x' });
    expect(otlp?.path('ab')).toBe('/api/v3/traces/ab');
  });

  it('are cut between lines', () => {
    expect(beginningOf('{\n "a": 1,\n "b": 2\n}', 12)).toBe('{\n "a": 1,');
    expect(beginningOf('short')).toBe('short');
    expect(beginningOf('x'.repeat(20), 5)).toBe('xxxxx');
  });
});
