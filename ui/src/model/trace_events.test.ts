import { describe, expect, it } from 'vitest';
import type { SpanEvent } from '../api/types';
import { attributeKeys, valuesOf } from './attribute_values';
import { shownEvents, traceEvents } from './trace_events';
import { fullSpans, text } from './spans_maker';

const event = (timeNs: number, name: string, ...attributes: SpanEvent['attributes']) => ({
  timeNs,
  name,
  attributes,
});

const spans = fullSpans(
  { events: [event(50, 'done'), event(10, 'begun', text('queue', 'orders'))] },
  { events: [event(30, 'exception', text('exception.type', 'Timeout'))] },
  { events: [event(30, 'log', text('level', 'ERROR'))] },
);

describe('traceEvents', () => {
  it('are those of all spans in order of time', () => {
    const events = traceEvents(spans);
    expect(events.map(each => `${each.row} ${each.event.name}`)).toEqual([
      '0 begun',
      '1 exception',
      '2 log',
      '0 done',
    ]);
    expect(events.map(each => each.isError)).toEqual([false, true, true, false]);
    expect(events[0]?.text).toBe('queue=orders');
  });
});

describe('shownEvents', () => {
  const shown = (filter: string, from = 0, to = 100) =>
    shownEvents(traceEvents(spans), filter, from, to, row => `span ${row}`).map(
      each => each.event.name,
    );
  it.each([
    ['', ['begun', 'exception', 'log', 'done']],
    ['timeout', ['exception']],
    ['queue=orders begun', ['begun']],
    ['0', ['begun', 'done']],
    ['nothing like it', []],
  ])('“%s”', (filter, names) => expect(shown(filter)).toEqual(names));

  it('keeps to a stretch of time', () => {
    expect(shown('', 30, 49)).toEqual(['exception', 'log']);
  });
});

describe('attributes', () => {
  const tagged = fullSpans(
    { attributes: [text('k', '1'), text('rare', 'x')] },
    { attributes: [{ key: 'k', type: 'int64', value: '2' }] },
    {},
  );
  it('have keys, the most frequent first, those of resources among them', () => {
    expect(attributeKeys(tagged)).toEqual(['service.name', 'k', 'rare']);
  });
  it('have a value for each span that has one', () => {
    expect(valuesOf(tagged, 'k')).toEqual(['1', '2', undefined]);
    expect(valuesOf(tagged, 'service.name')).toEqual(['shop', 'shop', 'shop']);
  });
});
