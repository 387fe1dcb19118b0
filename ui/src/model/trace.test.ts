import { describe, expect, it } from 'vitest';
import { at, buildTrace, isError, Oddity, spanWithId, type TraceModel } from './trace';
import { text, traceOf } from './trace_maker';

/** The tree as text: one letter per span, indented by depth. */
function drawn(model: TraceModel): string {
  const { trace, order, depth } = model;
  return Array.from(order, span => ' '.repeat(at(depth, span)) + at(trace.spans, span).spanId).join(
    '\n',
  );
}

function odditiesOf(model: TraceModel, spanId: string): number {
  return at(model.oddities, spanWithId(model, spanId));
}

describe('buildTrace', () => {
  it('puts children below their parents, in order of start', () => {
    const model = buildTrace(
      traceOf(
        { spanId: 'a', durationNs: 100 },
        { spanId: 'c', parentId: 'a', startNs: 50 },
        { spanId: 'b', parentId: 'a', startNs: 10 },
        { spanId: 'd', parentId: 'b', startNs: 20 },
      ),
    );
    expect(drawn(model)).toBe('a\n b\n  d\n c');
    expect([...model.subtreeEnd]).toEqual([4, 3, 3, 4]);
    expect(model.levels).toBe(3);
  });

  it('spans the time from the first start to the last end, even before the root', () => {
    const model = buildTrace(
      traceOf(
        { spanId: 'a', durationNs: 100 },
        { spanId: 'b', parentId: 'a', startNs: -40, durationNs: 500 },
      ),
    );
    expect([model.startNs, model.endNs]).toEqual([-40, 460]);
  });

  it('shows a span whose parent is missing at the top level and says so', () => {
    const model = buildTrace(
      traceOf(
        { spanId: 'a' },
        { spanId: 'b', parentId: 'gone', startNs: 5 },
        { spanId: 'c', parentId: 'b', startNs: 6 },
      ),
    );
    expect(drawn(model)).toBe('a\nb\n c');
    expect(odditiesOf(model, 'b')).toBe(Oddity.orphan);
    expect(odditiesOf(model, 'c')).toBe(0);
    expect(model.oddityCounts.orphan).toBe(1);
  });

  it('cuts a cycle open at its earliest span and loses nothing', () => {
    const model = buildTrace(
      traceOf(
        { spanId: 'root' },
        { spanId: 'x', parentId: 'z', startNs: 3 },
        { spanId: 'y', parentId: 'x', startNs: 1 },
        { spanId: 'z', parentId: 'y', startNs: 2 },
        { spanId: 'leaf', parentId: 'x', startNs: 4 },
      ),
    );
    expect(drawn(model)).toBe('root\ny\n z\n  x\n   leaf');
    expect(odditiesOf(model, 'y')).toBe(Oddity.cycle);
    expect(model.oddityCounts.cycle).toBe(1);
  });

  it('takes a span that is its own parent for a root', () => {
    const model = buildTrace(
      traceOf({ spanId: 'a', parentId: 'a' }, { spanId: 'b', parentId: 'a', startNs: 1 }),
    );
    expect(drawn(model)).toBe('a\n b');
    expect(odditiesOf(model, 'a')).toBe(Oddity.cycle);
  });

  it('keeps both spans of a doubled ID; children hang below the first', () => {
    const model = buildTrace(
      traceOf(
        { spanId: 'a' },
        { spanId: 'b', parentId: 'a', startNs: 1 },
        { spanId: 'b', parentId: 'a', startNs: 2 },
        { spanId: 'c', parentId: 'b', startNs: 3 },
      ),
    );
    expect(drawn(model)).toBe('a\n b\n  c\n b');
    expect([...model.oddities]).toEqual([0, 0, Oddity.duplicate, 0]);
  });

  it('marks a child that starts before its parent, but not by a mere microsecond', () => {
    const model = buildTrace(
      traceOf(
        { spanId: 'a', startNs: 5000, durationNs: 9000 },
        { spanId: 'b', parentId: 'a', startNs: 4000 },
        { spanId: 'c', parentId: 'a', startNs: 3999 },
      ),
    );
    expect(odditiesOf(model, 'b')).toBe(0);
    expect(odditiesOf(model, 'c')).toBe(Oddity.skewed);
  });

  it('counts spans and errors by service', () => {
    const model = buildTrace(
      traceOf(
        { spanId: 'a', service: 'edge' },
        { spanId: 'b', service: 'shop', status: { code: 'error', message: '' } },
        { spanId: 'c', service: 'shop' },
      ),
    );
    expect(model.services).toEqual([
      { name: 'shop', spanCount: 2, errorCount: 1 },
      { name: 'edge', spanCount: 1, errorCount: 0 },
    ]);
    expect(model.errorCount).toBe(1);
  });

  it('does not mind a trace without spans', () => {
    const model = buildTrace(traceOf());
    expect(model.order.length).toBe(0);
    expect([model.startNs, model.endNs, model.levels]).toEqual([0, 0, 0]);
  });

  it('lays out a chain of 100,000 spans, which recursion could not', () => {
    const chain = Array.from({ length: 100_000 }, (_, i) => ({
      spanId: String(i),
      parentId: i === 0 ? '' : String(i - 1),
      startNs: i,
    }));
    const model = buildTrace(traceOf(...chain));
    expect(model.levels).toBe(100_000);
    expect(at(model.subtreeEnd, 50_000)).toBe(100_000);
  });

  it('lays out a cycle of 100,000 spans', () => {
    const ring = Array.from({ length: 100_000 }, (_, i) => ({
      spanId: String(i),
      parentId: String((i + 99_999) % 100_000),
      startNs: i,
    }));
    expect(buildTrace(traceOf(...ring)).levels).toBe(100_000);
  });
});

describe('isError', () => {
  const spanWith = (attributes: Parameters<typeof traceOf>[0]['attributes']) =>
    at(traceOf({ spanId: 'a', attributes: attributes ?? [] }).spans, 0);

  it("knows Envoy's way of saying it: an attribute, while the status stays unset", () => {
    expect(isError(spanWith([text('error', 'true')]))).toBe(true);
    expect(isError(spanWith([{ key: 'error', type: 'bool', value: true }]))).toBe(true);
    expect(isError(spanWith([text('error', 'false')]))).toBe(false);
    expect(isError(spanWith([text('error.reason', 'true')]))).toBe(false);
  });
});
