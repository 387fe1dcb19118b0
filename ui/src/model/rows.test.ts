import { describe, expect, it } from 'vitest';
import {
  errorsBelow,
  everythingCollapsed,
  nothingCollapsed,
  revealed,
  rowOf,
  visibleRows,
  withCollapsed,
} from './rows';
import { buildTrace } from './trace';
import { traceOf } from './trace_maker';

// 0 ─ 1 ─ 2
//   └ 3       4 (another root)
const model = buildTrace(
  traceOf(
    { spanId: '0', durationNs: 100 },
    { spanId: '1', parentId: '0', startNs: 1 },
    { spanId: '2', parentId: '1', startNs: 2, status: { code: 'error', message: '' } },
    { spanId: '3', parentId: '0', startNs: 3 },
    { spanId: '4', startNs: 4 },
  ),
);
const open = nothingCollapsed(model);

describe('visibleRows', () => {
  it('leaves out what is below a collapsed span', () => {
    expect([...visibleRows(model, open)]).toEqual([0, 1, 2, 3, 4]);
    expect([...visibleRows(model, withCollapsed(open, 1, true))]).toEqual([0, 1, 3, 4]);
    expect([...visibleRows(model, everythingCollapsed(model))]).toEqual([0, 4]);
  });
});

describe('revealed', () => {
  it('opens all ancestors and nothing else', () => {
    expect([...revealed(model, everythingCollapsed(model), 2)]).toEqual([0, 0, 0, 0, 0]);
    expect([...revealed(model, everythingCollapsed(model), 3)]).toEqual([0, 1, 0, 0, 0]);
  });

  it('gives the same array back when nothing was in the way', () => {
    expect(revealed(model, open, 2)).toBe(open);
  });
});

describe('errorsBelow', () => {
  it('counts failed descendants, not the span itself', () => {
    expect([0, 1, 2, 3, 4].map(span => errorsBelow(model, span))).toEqual([1, 1, 0, 0, 0]);
  });
});

describe('rowOf', () => {
  it('finds the row of a span, or of the ancestor that hides it', () => {
    const rows = visibleRows(model, withCollapsed(open, 1, true));
    expect([0, 1, 2, 3, 4].map(span => rowOf(model, rows, span))).toEqual([0, 1, 1, 2, 3]);
  });
});
