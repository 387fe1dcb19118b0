import { describe, expect, it } from 'vitest';
import { bigColumns, columnsOf } from '../model/columns_maker';
import type { TraceColumns } from '../model/columns';
import { foldsAddress, viewFrom, writePlace } from './view_address';
import { changeView, firstView, type Action, type ViewState } from './view_state';

const shop = columnsOf({
  name: 'root',
  lasts: 9000,
  children: Array.from({ length: 40 }, (_, i) => ({
    name: i < 30 ? 'call' : `step ${i}`,
    service: i % 2 === 0 ? 'stock & co' : 'shop',
    at: i * 200,
    lasts: 100 + i,
    children: [{ name: 'query', service: 'db', at: i * 200 + 5, children: [{ name: 'leaf' }] }],
  })),
});

function addressOf(state: ViewState): string {
  const { params, complete } = foldsAddress(state.columns, state.folds);
  expect(complete).toBe(true);
  writePlace(state, params);
  return params.toString();
}

function after(columns: TraceColumns, ...actions: Action[]): ViewState {
  return actions.reduce(changeView, firstView(columns, -1));
}

/** What its address makes of a view. */
function reopened(state: ViewState): ViewState {
  return viewFrom(state.columns, -1, new URLSearchParams(addressOf(state)));
}

describe('the address of a view', () => {
  it('is empty for a trace as it opens', () => {
    expect(addressOf(after(shop))).toBe('');
    expect(addressOf(after(bigColumns('wide', 60_000)))).toBe('');
  });

  it('brings back whatever keys and clicks have made of a trace', () => {
    const actions: Action[] = [
      { do: 'collapseAll' },
      { do: 'expandAll' },
      { do: 'levels', levels: 2 },
      { do: 'servicesOnly' },
      { do: 'openLevel' },
      { do: 'toggle', row: 4 },
      { do: 'toggle', row: 100 },
      { do: 'goTo', row: 96 },
      { do: 'goTo', row: 7 },
      { do: 'left' },
      { do: 'right' },
      { do: 'move', by: 11 },
      { do: 'foldEqual', on: true },
      { do: 'foldEqual', on: false },
      { do: 'hideService', service: 1, hidden: true },
      { do: 'hideService', service: 1, hidden: false },
      { do: 'hideService', service: 2, hidden: true },
      { do: 'hideShorter', leastTicks: 105 },
      { do: 'hideShorter', leastTicks: 0 },
      { do: 'closer' },
      { do: 'pan', by: 0.3 },
      { do: 'wholeTrace' },
    ];
    let seed = 7;
    let state = after(shop);
    for (let i = 0; i < 300; i++) {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      state = changeView(state, actions[(seed >> 8) % actions.length]!);
      const again = reopened(state);
      expect([...again.lines]).toEqual([...state.lines]);
      expect(again.folds.closed).toEqual(state.folds.closed);
      expect(again.folds.apart).toEqual(state.folds.equal ? state.folds.apart : again.folds.apart);
      expect(again.folds.leastTicks).toBe(state.folds.leastTicks);
      expect(again.window).toEqual(state.window);
      expect(again.active).toBe(state.active);
    }
  });

  it('is short', () => {
    const state = after(shop, { do: 'levels', levels: 2 }, { do: 'toggle', row: 4 });
    expect(addressOf(state)).toBe('levels=2&turned=3d.4');
    const zoomed = after(shop, { do: 'window', window: { from: 100, to: 300 } });
    expect(addressOf(zoomed)).toBe('zoom=100-300');
    const deep = after(bigColumns('deep', 3000), { do: 'collapseAll' }, { do: 'goTo', row: 2999 });
    expect(addressOf(deep).length).toBeLessThan(60);
  });

  it('opens the span that is linked to whatever is folded', () => {
    const params = new URLSearchParams('levels=1&hide=db&zoom=0-100');
    const state = viewFrom(shop, 101, params);
    expect(state).toMatchObject({ active: 101, detail: true, window: { from: 0, to: 100 } });
    expect([...state.lines]).toContain(101);
  });

  it('means nothing where it makes no sense or the trace has grown', () => {
    for (const text of [
      'levels=x&turned=9.9&row=99999&zoom=5-1&least=-3&equal=maybe&hide=nobody',
      'turned=zzzzzzz.1&row=-1&zoom=a-b&levels=1e9',
    ]) {
      const state = viewFrom(shop, -1, new URLSearchParams(text));
      expect(state.lines).toHaveLength(shop.count);
      expect(state).toMatchObject({ active: 0, window: { from: 0, to: 9000 } });
    }
  });

  it('says when too much was opened and closed one by one', () => {
    const columns = bigColumns('wide', 60_000);
    const { folds } = firstView(columns, -1);
    const closed = Uint8Array.from({ length: columns.count }, (_, row) => Number(row % 3 === 0));
    const { params, complete } = foldsAddress(columns, { ...folds, closed });
    expect(complete).toBe(false);
    expect(params.toString()).toBe('');
  });
});
