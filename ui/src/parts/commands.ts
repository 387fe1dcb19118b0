// What one can do now. Each page says so once, and that is what its keys do, what the help (`?`) lists
// and what the command palette (Ctrl+K) offers.
import { useEffect, useRef } from 'preact/hooks';
import { chordOf, usePageKeys } from './keys';

export interface Command {
  /** What it does, as the help and the palette say it: "Collapse all". */
  label: string;
  /** Of which each does it, as chordOf() names them: `['j', 'ArrowDown', 'Ctrl+B']`. */
  keys?: readonly string[];
  /**
   * Does it; its keys are then handled here, unless somebody is typing without Ctrl. Without it the command is only
   * listed: somebody else handles its keys, and the palette does not offer it.
   */
  run?: () => void;
}

export interface CommandGroup {
  title: string;
  commands: readonly Command[];
}

interface Registered {
  title: string;
  latest: { current: readonly Command[] };
}

const groups = new Set<Registered>();

/** What the present page can do, while the calling component is there. `title` heads it in the help. */
export function useCommands(title: string, commands: readonly Command[]): void {
  const latest = useRef(commands);
  latest.current = commands;
  useEffect(() => {
    const group = { title, latest };
    groups.add(group);
    return () => {
      groups.delete(group);
    };
  }, [title]);
  usePageKeys(event => {
    const chord = chordOf(event);
    const command = latest.current.find(({ keys }) => keys?.includes(chord));
    if (!command?.run) return;
    event.preventDefault();
    command.run();
  }, true);
}

/** All that can be done at this moment; groups of one title are one. */
export function commandsNow(): CommandGroup[] {
  const merged = new Map<string, Command[]>();
  for (const { title, latest } of groups) {
    merged.set(title, [...(merged.get(title) ?? []), ...latest.current]);
  }
  return [...merged].map(([title, commands]) => ({ title, commands }));
}

const kNames: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  ' ': 'Space',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
};

/** A key as it is printed on keyboards. */
export function keyName(key: string): string {
  const [, shift = '', plain = key] = /^(Shift\+)(.+)$/.exec(key) ?? [];
  return shift + (kNames[plain] ?? plain);
}
