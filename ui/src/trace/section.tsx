import type { ComponentChildren } from 'preact';

interface Props {
  title: string;
  count: number;
  /** How many there are without the filter. */
  of?: number;
  children: ComponentChildren;
}

/** A part of the details that can be closed; says so when it has nothing. */
export function Section({ title, count, of = count, children }: Props) {
  return (
    <details class="section" open>
      <summary>
        <h3>{title}</h3>
        <span class="count">{count === of ? count : `${count} of ${of}`}</span>
      </summary>
      {of === 0 && <p class="dim none">none</p>}
      {children}
    </details>
  );
}
