import { useEffect, useRef } from 'preact/hooks';

/** Handles a key pressed anywhere on the page, unless somebody is typing or a dialog is open. */
export function usePageKeys(handle: (event: KeyboardEvent) => void): void {
  const latest = useRef(handle);
  latest.current = handle;
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || document.querySelector('dialog[open]')) return;
      latest.current(event);
    };
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, []);
}

/** Whether the focus is nowhere in particular: on the page, or on its main part after going to it. */
export function isIdle(target: EventTarget | null): boolean {
  return !(target instanceof Element) || target === document.body || target.id === 'main';
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input, textarea, select, [data-typing]');
}
