import { useCommands, type Command } from '../parts/commands';
import { isIdle, usePageKeys } from '../parts/keys';
import type { Action } from './view_state';

interface Handlers {
  act: (action: Action) => void;
  find: () => void;
  stepMatch: (by: 1 | -1) => void;
  stepError: (by: 1 | -1) => void;
  hasDetail: boolean;
}

const kPageRows = 20;

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

/** What kInTree does, for the help. */
const kTreeHelp: readonly Command[] = [
  { label: 'Previous, next span', keys: ['ArrowUp', 'ArrowDown'] },
  { label: 'Open a branch, then go into it', keys: ['ArrowRight'] },
  { label: 'Close a branch, then go to the parent', keys: ['ArrowLeft'] },
  { label: 'First, last span', keys: ['Home', 'End'] },
  { label: "The span's details", keys: ['Enter'] },
];

/** Letters and brackets do what they do in Jaeger's UI; `j` and `k` are what many others have. */
export function useTraceKeys({ act, find, stepMatch, stepError, hasDetail }: Handlers): void {
  usePageKeys(event => {
    const action = isInTree(event.target) ? kInTree[event.key] : undefined;
    if (action) act(action);
    else if (event.key === 'Escape' && hasDetail) act({ do: 'closeDetail' });
    else return;
    event.preventDefault();
  });
  useCommands('Trace', [
    ...kTreeHelp,
    { label: 'Next span', keys: ['j', 'f'], run: () => act({ do: 'move', by: 1 }) },
    { label: 'Previous span', keys: ['k', 'b'], run: () => act({ do: 'move', by: -1 }) },
    { label: 'A page down', keys: ['s'], run: () => act({ do: 'move', by: kPageRows }) },
    { label: 'A page up', keys: ['w'], run: () => act({ do: 'move', by: -kPageRows }) },
    { label: 'Open all branches', keys: ['['], run: () => act({ do: 'expandAll' }) },
    { label: 'Close all branches', keys: [']'], run: () => act({ do: 'collapseAll' }) },
    { label: 'Find spans', keys: ['/'], run: find },
    { label: 'Next match', keys: ['n'], run: () => stepMatch(1) },
    { label: 'Previous match', keys: ['N'], run: () => stepMatch(-1) },
    { label: 'Next error', keys: ['e'], run: () => stepError(1) },
    { label: 'Previous error', keys: ['E'], run: () => stepError(-1) },
    { label: 'Close the details', keys: ['Escape'] },
  ]);
}

function isInTree(target: EventTarget | null): boolean {
  if (isIdle(target)) return true;
  return target instanceof Element && target.closest('[role="treegrid"]') !== null;
}
