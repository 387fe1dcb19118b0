import { describe, expect, it } from 'vitest';
import { buildTrace } from '../model/trace';
import { traceOf } from '../model/trace_maker';
import { changeView, firstView, nextOf, type Action, type ViewState } from './view_state';

// 0 ─ 1 ─ 2
//   └ 3
const model = buildTrace(
  traceOf(
    { spanId: '0', durationNs: 100 },
    { spanId: '1', parentId: '0', startNs: 1 },
    { spanId: '2', parentId: '1', startNs: 2 },
    { spanId: '3', parentId: '0', startNs: 3 },
  ),
);

function after(...actions: Action[]): ViewState {
  return actions.reduce(changeView, firstView(model, -1));
}

describe('changeView', () => {
  it('moves from row to row and stops at the ends', () => {
    expect(after({ do: 'move', by: 1 }).active).toBe(1);
    expect(after({ do: 'move', by: -1 }).active).toBe(0);
    expect(after({ do: 'move', by: 20 }).active).toBe(3);
    expect(after({ do: 'last' }, { do: 'first' }).active).toBe(0);
  });

  it('closes a branch on the first ←, goes to the parent on the next', () => {
    const closed = after({ do: 'goTo', span: 1 }, { do: 'left' });
    expect([...closed.rows]).toEqual([0, 1, 3]);
    expect(closed.active).toBe(1);
    expect(changeView(closed, { do: 'left' }).active).toBe(0);
  });

  it('opens a branch on the first →, goes into it on the next, and stays at a leaf', () => {
    const opened = after({ do: 'collapseAll' }, { do: 'right' });
    expect([...opened.rows]).toEqual([0, 1, 3]);
    const inside = changeView(opened, { do: 'right' });
    expect(inside.active).toBe(1);
    expect(after({ do: 'goTo', span: 3 }, { do: 'right' }).active).toBe(3);
  });

  it('lets the nearest visible ancestor take over when the active span is folded away', () => {
    expect(after({ do: 'goTo', span: 2 }, { do: 'toggle', span: 1 }).active).toBe(1);
    expect(after({ do: 'goTo', span: 2 }, { do: 'collapseAll' }).active).toBe(0);
  });

  it('opens what is in the way of a span it goes to', () => {
    const there = after({ do: 'collapseAll' }, { do: 'goTo', span: 2 });
    expect(there.active).toBe(2);
    expect([...there.rows]).toEqual([0, 1, 2, 3]);
  });

  it('keeps the details open while moving', () => {
    expect(after({ do: 'openDetail' }, { do: 'move', by: 1 }).detail).toBe(true);
    expect(after({ do: 'openDetail' }, { do: 'closeDetail' }).detail).toBe(false);
  });

  it('does nothing in a trace without spans', () => {
    const empty = firstView(buildTrace(traceOf()), -1);
    expect(changeView(empty, { do: 'move', by: 1 })).toBe(empty);
    expect(changeView(empty, { do: 'collapseAll' })).toBe(empty);
  });
});

describe('firstView', () => {
  it('opens the details of a span that a link names', () => {
    expect(firstView(model, 2)).toMatchObject({ active: 2, detail: true });
    expect(firstView(model, -1)).toMatchObject({ active: 0, detail: false });
  });
});

describe('nextOf', () => {
  it('goes on from the active span, around the end', () => {
    const matches = Int32Array.from([1, 3]);
    const at1 = after({ do: 'goTo', span: 1 });
    expect(nextOf(at1, matches, 1)).toBe(3);
    expect(nextOf(at1, matches, -1)).toBe(3);
    expect(nextOf(after({ do: 'last' }), matches, 1)).toBe(1);
    expect(nextOf(at1, new Int32Array(), 1)).toBe(-1);
  });
});
