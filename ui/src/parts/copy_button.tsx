import { useEffect, useState } from 'preact/hooks';
import { CheckIcon, CloseIcon, CopyIcon, LinkIcon } from './icons';

interface Props {
  /** What lands on the clipboard; a function when it depends on the moment. */
  text: string | (() => string);
  /** "Copy trace ID": the name of the button. */
  label: string;
  /** Shown beside the icon; without it the button is only the icon. */
  caption?: string;
  icon?: 'copy' | 'link';
}

/** Copies, and says for two seconds whether that worked. */
export function CopyButton({ text, label, caption, icon = 'copy' }: Props) {
  const [result, setResult] = useState<'none' | 'copied' | 'failed'>('none');
  useEffect(() => {
    if (result === 'none') return;
    const timer = setTimeout(() => setResult('none'), 2000);
    return () => clearTimeout(timer);
  }, [result]);
  const copy = async () => {
    setResult((await copyText(typeof text === 'string' ? text : text())) ? 'copied' : 'failed');
  };
  const said = result === 'copied' ? 'Copied' : result === 'failed' ? 'Could not copy' : label;
  const Icon = {
    none: icon === 'link' ? LinkIcon : CopyIcon,
    copied: CheckIcon,
    failed: CloseIcon,
  }[result];
  return (
    <>
      <button
        type="button"
        class={caption === undefined ? 'icon-button' : 'button'}
        data-result={result}
        title={said}
        // A caption is the button's name, as whoever says it aloud expects; the rest is the title's.
        {...(caption === undefined ? { 'aria-label': said } : {})}
        onClick={event => {
          event.stopPropagation();
          void copy();
        }}
      >
        <Icon />
        {caption !== undefined && <span>{result === 'none' ? caption : said}</span>}
      </button>
      <span class="hidden" role="status">
        {result === 'none' ? '' : said}
      </span>
    </>
  );
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByCommand(text);
  }
}

/** The clipboard API exists only over HTTPS and on localhost; clew is often read over plain HTTP. */
function copyByCommand(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'hidden';
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
