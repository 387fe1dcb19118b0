import { useCommands, type Command } from '../parts/commands';
import { chordOf, isIdle, usePageKeys } from '../parts/keys';
import type { Action } from './view_state';

interface Handlers {
  act: (action: Action) => void;
  find: () => void;
  stepMatch: (by: 1 | -1) => void;
  stepError: (by: 1 | -1) => void;
  fit: () => void;
  foldEqual: () => void;
  hasDetail: boolean;
  hasQuery: boolean;
  endFind: () => void;
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
  'Shift+ArrowLeft': { do: 'pan', by: -0.5 },
  'Shift+ArrowRight': { do: 'pan', by: 0.5 },
  'Shift+ArrowUp': { do: 'closer' },
  'Shift+ArrowDown': { do: 'further' },
};

/** What kInTree does, for the help. */
const kTreeHelp: readonly Command[] = [
  { label: 'Previous, next span', keys: ['ArrowUp', 'ArrowDown'] },
  { label: 'Open a branch, then go into it', keys: ['ArrowRight'] },
  { label: 'Close a branch, then go to the parent', keys: ['ArrowLeft'] },
  { label: 'First, last span', keys: ['Home', 'End'] },
  { label: "The span's details", keys: ['Enter'] },
  { label: 'Earlier, later by half', keys: ['Shift+ArrowLeft', 'Shift+ArrowRight'] },
  { label: 'Zoom in, out', keys: ['Shift+ArrowUp', 'Shift+ArrowDown'] },
];

/**
 * Letters, brackets, Ctrl+B and arrows with Shift do what they do in Jaeger's UI; arrows alone walk the lines, as in any
 * tree; `j` and `k` are what many others have.
 */
export function useTraceKeys(handlers: Handlers): void {
  const { act, stepMatch, stepError, hasDetail } = handlers;
  const doing = (label: string, keys: readonly string[], action: Action): Command => ({
    label,
    keys,
    run: () => act(action),
  });
  usePageKeys(event => {
    const action = isInTree(event.target) ? kInTree[chordOf(event)] : undefined;
    if (action) act(action);
    else if (event.key === 'Escape' && hasDetail) act({ do: 'closeDetail' });
    else if (event.key === 'Escape' && handlers.hasQuery) handlers.endFind();
    else return;
    event.preventDefault();
  });
  useCommands('Trace', [
    ...kTreeHelp,
    doing('Next span', ['j', 'f'], { do: 'move', by: 1 }),
    doing('Previous span', ['k', 'b'], { do: 'move', by: -1 }),
    doing('A page down', ['s'], { do: 'move', by: kPageRows }),
    doing('A page up', ['w'], { do: 'move', by: -kPageRows }),
    doing('Open a level', ['o'], { do: 'openLevel' }),
    doing('Close a level', ['p'], { do: 'closeLevel' }),
    doing('Open all branches', ['['], { do: 'expandAll' }),
    doing('Close all branches', [']'], { do: 'collapseAll' }),
    { label: 'Fold equal siblings into one line', keys: ['x'], run: handlers.foldEqual },
    { label: 'All lines at once', keys: ['z'], run: handlers.fit },
    doing('Earlier', ['a'], { do: 'pan', by: -0.1 }),
    doing('Later', ['d'], { do: 'pan', by: 0.1 }),
    doing('Earlier by half', ['A'], { do: 'pan', by: -0.5 }),
    doing('Later by half', ['D'], { do: 'pan', by: 0.5 }),
    doing('Zoom in (Ctrl and wheel, too)', ['+', '='], { do: 'closer' }),
    doing('Zoom out', ['-'], { do: 'further' }),
    doing('The whole time', ['0'], { do: 'wholeTrace' }),
    { label: 'Find spans', keys: ['/', 'Ctrl+B'], run: handlers.find },
    { label: 'Next match', keys: ['n'], run: () => stepMatch(1) },
    { label: 'Previous match', keys: ['N'], run: () => stepMatch(-1) },
    { label: 'Next error', keys: ['e'], run: () => stepError(1) },
    { label: 'Previous error', keys: ['E'], run: () => stepError(-1) },
    { label: 'Close the details, then end the search', keys: ['Escape'] },
  ]);
}

function isInTree(target: EventTarget | null): boolean {
  if (isIdle(target)) return true;
  return target instanceof Element && target.closest('[role="treegrid"]') !== null;
}
