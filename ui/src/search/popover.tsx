import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface Props {
  label: string;
  /** What opens it says this on hover. */
  title?: string;
  children: (close: () => void) => ComponentChildren;
}

/** A button, and below it what it opens; Escape and a click elsewhere close it. */
export function Popover({ label, title, children }: Props) {
  const [open, setOpen] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const elsewhere = (event: Event) => {
      if (!(event.target instanceof Node) || !frame.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', elsewhere);
    document.addEventListener('focusin', elsewhere);
    frame.current
      ?.querySelector<HTMLElement>('.popover input, .popover button, .popover a')
      ?.focus();
    return () => {
      document.removeEventListener('pointerdown', elsewhere);
      document.removeEventListener('focusin', elsewhere);
    };
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div
      class="popover-frame"
      ref={frame}
      onKeyDown={event => {
        if (event.key !== 'Escape' || !open) return;
        event.stopPropagation();
        close();
      }}
    >
      <button
        ref={button}
        type="button"
        class="button"
        aria-expanded={open}
        title={title ?? ''}
        onClick={() => setOpen(!open)}
      >
        {label}
      </button>
      {open && (
        <div class="popover" role="group" aria-label={label}>
          {children(close)}
        </div>
      )}
    </div>
  );
}
