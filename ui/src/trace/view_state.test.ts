import { describe, expect, it } from 'vitest';
import { bigColumns, columnsOf } from '../model/columns_maker';
import { changeView, firstView, nextOf, type Action, type ViewState } from './view_state';

// 0 ─ 1 ─ 2
//   └ 3
const columns = columnsOf({
  name: '0',
  lasts: 100,
  children: [
    { name: '1', at: 1, children: [{ name: '2', at: 2 }] },
    { name: '3', at: 3 },
  ],
});

function after(...actions: Action[]): ViewState {
  return actions.reduce(changeView, firstView(columns, -1));
}

describe('changeView', () => {
  it('moves from line to line and stops at the ends', () => {
    expect(after({ do: 'move', by: 1 }).active).toBe(1);
    expect(after({ do: 'move', by: -1 }).active).toBe(0);
    expect(after({ do: 'move', by: 20 }).active).toBe(3);
    expect(after({ do: 'last' }, { do: 'first' }).active).toBe(0);
  });

  it('closes a branch on the first ←, goes to the parent on the next', () => {
    const closed = after({ do: 'goTo', row: 1 }, { do: 'left' });
    expect([...closed.lines]).toEqual([0, 1, 3]);
    expect(closed.active).toBe(1);
    expect(changeView(closed, { do: 'left' }).active).toBe(0);
  });

  it('opens a branch on the first →, goes into it on the next, and stays at a leaf', () => {
    const opened = after({ do: 'collapseAll' }, { do: 'right' });
    expect([...opened.lines]).toEqual([0, 1, 3]);
    const inside = changeView(opened, { do: 'right' });
    expect(inside.active).toBe(1);
    expect(after({ do: 'goTo', row: 3 }, { do: 'right' }).active).toBe(3);
  });

  it('lets the nearest visible ancestor take over when the active span is folded away', () => {
    expect(after({ do: 'goTo', row: 2 }, { do: 'toggle', row: 1 }).active).toBe(1);
    expect(after({ do: 'goTo', row: 2 }, { do: 'collapseAll' }).active).toBe(0);
  });

  it('opens what is in the way of a span it goes to', () => {
    const there = after({ do: 'collapseAll' }, { do: 'goTo', row: 2 });
    expect(there.active).toBe(2);
    expect([...there.lines]).toEqual([0, 1, 2, 3]);
  });

  it('opens and closes level by level', () => {
    const one = after({ do: 'levels', levels: 1 });
    expect([...one.lines]).toEqual([0]);
    const two = changeView(one, { do: 'openLevel' });
    expect([...two.lines]).toEqual([0, 1, 3]);
    expect([...changeView(two, { do: 'openLevel' }).lines]).toEqual([0, 1, 2, 3]);
    expect([...changeView(two, { do: 'closeLevel' }).lines]).toEqual([0]);
  });

  it('keeps the details open while moving', () => {
    expect(after({ do: 'openDetail' }, { do: 'move', by: 1 }).detail).toBe(true);
    expect(after({ do: 'openDetail' }, { do: 'closeDetail' }).detail).toBe(false);
  });

  it('does nothing in a trace without spans', () => {
    const empty = firstView(columnsOf(), -1);
    expect(changeView(empty, { do: 'move', by: 1 })).toBe(empty);
    expect(changeView(empty, { do: 'collapseAll' })).toBe(empty);
  });

  it('survives that every span is hidden', () => {
    const none = after({ do: 'hideShorter', leastTicks: 1000 });
    expect(none.lines).toHaveLength(0);
    for (const key of ['left', 'right', 'first', 'last'] as const) {
      expect(changeView(none, { do: key }).lines).toHaveLength(0);
    }
    expect(changeView(none, { do: 'goTo', row: 2 }).active).toBe(2);
  });
});

describe('folded siblings', () => {
  const calls = columnsOf({
    name: 'root',
    children: Array.from({ length: 5 }, () => ({ name: 'call', children: [{ name: 'leaf' }] })),
  });
  // 0 root, then 1 call, 2 leaf, 3 call, 4 leaf …
  const folded = changeView(firstView(calls, -1), { do: 'foldEqual', on: true });

  it('are one line, opened with → and closed with ←', () => {
    expect([...folded.lines]).toEqual([0, 1]);
    const at = changeView(folded, { do: 'move', by: 1 });
    const apart = changeView(at, { do: 'right' });
    expect(apart.lines).toHaveLength(11);
    const closed = changeView(apart, { do: 'left' }); // first the member's own branch
    expect(closed.lines).toHaveLength(10);
    expect([...changeView(closed, { do: 'left' }).lines]).toEqual([0, 1]);
  });

  it('open for a span that one goes to, and take over when they fold', () => {
    const there = changeView(folded, { do: 'goTo', row: 8 });
    expect(there.active).toBe(8);
    expect([...there.lines]).toContain(8);
    const again = changeView(there, { do: 'foldEqual', on: true });
    expect([...again.lines]).toEqual([0, 1]);
    expect(again.active).toBe(1);
  });
});

describe('the window', () => {
  const wide = columnsOf({ name: 'all', lasts: 10_000, children: [{ name: 'end', at: 9900 }] });
  const whole = firstView(wide, -1);

  it('stays where the pointer is and within the trace', () => {
    const close = changeView(whole, { do: 'zoom', by: 0.1, around: 2000 });
    expect(close.window).toEqual({ from: 1800, to: 2800 });
    expect(changeView(close, { do: 'pan', by: -9 }).window).toEqual({ from: 0, to: 1000 });
    expect(changeView(close, { do: 'pan', by: 90 }).window).toEqual({ from: 9000, to: 10_000 });
    expect(changeView(close, { do: 'zoom', by: 99, around: 2000 }).window).toEqual(whole.window);
    expect(changeView(close, { do: 'wholeTrace' }).window).toEqual(whole.window);
  });

  it('is never shorter than one can see', () => {
    const { window } = changeView(whole, { do: 'window', window: { from: 500, to: 501 } });
    expect(window).toEqual({ from: 500, to: 520 });
  });

  it('moves to a span that lies outside of it', () => {
    const early = changeView(whole, { do: 'window', window: { from: 0, to: 100 } });
    const { window } = changeView(early, { do: 'goTo', row: 1 });
    expect(window).toEqual({ from: 9890, to: 9990 });
  });
});

describe('firstView', () => {
  it('opens the details of a span that a link names', () => {
    expect(firstView(columns, 2)).toMatchObject({ active: 2, detail: true });
    expect(firstView(columns, -1)).toMatchObject({ active: 0, detail: false });
  });

  it('folds equal siblings of a huge trace', () => {
    expect(firstView(bigColumns('wide', 60_000), -1).lines.length).toBeLessThan(100);
    expect(firstView(bigColumns('wide', 600), -1).lines).toHaveLength(600);
  });
});

describe('nextOf', () => {
  it('goes on from the active span, around the end', () => {
    const matches = Uint32Array.from([1, 3]);
    const at1 = after({ do: 'goTo', row: 1 });
    expect(nextOf(at1, matches, 1)).toBe(3);
    expect(nextOf(at1, matches, -1)).toBe(3);
    expect(nextOf(after({ do: 'last' }), matches, 1)).toBe(1);
    expect(nextOf(at1, new Uint32Array(), 1)).toBe(-1);
  });
});
