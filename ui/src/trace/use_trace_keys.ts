import { usePageKeys } from '../parts/keys';
import type { Action } from './view_state';

interface Handlers {
  act: (action: Action) => void;
  find: () => void;
  stepMatch: (by: 1 | -1) => void;
  stepError: (by: 1 | -1) => void;
  hasDetail: boolean;
}

const kPageRows = 20;

/** Keys that work wherever the focus is. */
const kAnywhere: Readonly<Record<string, Action>> = {
  j: { do: 'move', by: 1 },
  k: { do: 'move', by: -1 },
  '[': { do: 'collapseAll' },
  ']': { do: 'expandAll' },
};

/** Keys that mean something else (scroll, press) when the focus is on a button or in the details. */
const kInTree: Readonly<Record<string, Action>> = {
  ArrowDown: { do: 'move', by: 1 },
  ArrowUp: { do: 'move', by: -1 },
  ArrowLeft: { do: 'left' },
  ArrowRight: { do: 'right' },
  Home: { do: 'first' },
  End: { do: 'last' },
  PageDown: { do: 'move', by: kPageRows },
  PageUp: { do: 'move', by: -kPageRows },
  Enter: { do: 'openDetail' },
};

export function useTraceKeys({ act, find, stepMatch, stepError, hasDetail }: Handlers): void {
  usePageKeys(event => {
    const action =
      kAnywhere[event.key] ?? (isInTree(event.target) ? kInTree[event.key] : undefined);
    if (action) act(action);
    else if (event.key === 'Escape' && hasDetail) act({ do: 'closeDetail' });
    else if (event.key === '/') find();
    else if (event.key === 'n') stepMatch(1);
    else if (event.key === 'N') stepMatch(-1);
    else if (event.key === 'e') stepError(1);
    else if (event.key === 'E') stepError(-1);
    else return;
    event.preventDefault();
  });
}

function isInTree(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return true;
  return target === document.body || target.closest('[role="treegrid"]') !== null;
}
