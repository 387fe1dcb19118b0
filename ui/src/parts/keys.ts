import { useEffect, useRef } from 'preact/hooks';

/**
 * Handles a key pressed anywhere on the page, unless somebody is typing or a dialog is open. `withCtrl`: keys pressed
 * with Ctrl or ⌘ too, and those also while somebody is typing.
 */
export function usePageKeys(handle: (event: KeyboardEvent) => void, withCtrl = false): void {
  const latest = useRef(handle);
  latest.current = handle;
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      const isCtrl = event.ctrlKey || event.metaKey;
      if (event.defaultPrevented || event.altKey || (isCtrl && !withCtrl)) return;
      if ((!isCtrl && isTyping(event.target)) || document.querySelector('dialog[open]')) return;
      latest.current(event);
    };
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, []);
}

/** The key with what is held down: `Ctrl+B` (also for ⌘), `Shift+ArrowUp`; letters and signs tell Shift themselves. */
export function chordOf({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): string {
  const shift = shiftKey && key.length > 1 ? 'Shift+' : '';
  return ctrlKey || metaKey ? `Ctrl+${shift}${key.toUpperCase()}` : shift + key;
}

/** Whether the focus is nowhere in particular: on the page, or on its main part after going to it. */
export function isIdle(target: EventTarget | null): boolean {
  return !(target instanceof Element) || target === document.body || target.id === 'main';
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input, textarea, select, [data-typing]');
}
