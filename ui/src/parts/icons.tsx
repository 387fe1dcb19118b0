// Line icons on a 16 px grid, drawn in the colour of the text. Decoration only: whoever uses one says
// in words what it means.
import type { ComponentChildren } from 'preact';

function icon(children: ComponentChildren, className = '') {
  return (
    <svg class={`icon ${className}`} viewBox="0 0 16 16" aria-hidden="true">
      {children}
    </svg>
  );
}

const path = (d: string) => icon(<path d={d} />);

export const SearchIcon = () =>
  path('M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.3 10.3l3.2 3.2');
export const CloseIcon = () => path('M4 4l8 8M12 4l-8 8');
export const CopyIcon = () => path('M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1');
export const CheckIcon = () => path('M3 8.5l3.3 3.2L13 4.8');
export const LinkIcon = () =>
  path(
    'M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.3-2.3A2.6 2.6 0 0 0 9.1 3.2l-.8.8M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.2 9.1a2.6 2.6 0 0 0 3.7 3.7l.8-.8',
  );
export const DownloadIcon = () => path('M8 2.5v7.5M4.8 7.2 8 10.3l3.2-3.1M3 13.5h10');
export const ChevronIcon = () => path('M6 4l4 4-4 4');
export const UpIcon = () => path('M4 10l4-4 4 4');
export const DownIcon = () => path('M4 6l4 4 4-4');
export const RefreshIcon = () => path('M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3');
export const HelpIcon = () =>
  icon(
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M6.2 6.2A1.9 1.9 0 1 1 8.6 8c-.5.2-.6.5-.6 1M8 11.2v.1" />
    </>,
  );
export const SunIcon = () =>
  icon(
    <>
      <circle cx="8" cy="8" r="2.8" />
      <path d="M8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1" />
    </>,
  );
export const MoonIcon = () => path('M13.2 9.7A5.6 5.6 0 0 1 6.3 2.8a5.6 5.6 0 1 0 6.9 6.9Z');
export const SystemIcon = () =>
  icon(
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path class="solid" d="M8 2.5a5.5 5.5 0 0 1 0 11Z" />
    </>,
  );
export const ContrastIcon = () =>
  icon(
    <>
      <circle cx="8" cy="8" r="5.5" />
      <circle class="solid" cx="8" cy="8" r="3" />
    </>,
  );
export const MenuIcon = () => path('M2.5 4.5h11M2.5 8h11M2.5 11.5h11');
export const CommandIcon = () => path('M3 4.5 6.5 8 3 11.5M8.5 12h5');

/** An octagon, the shape of a stop sign: something failed. */
export const ErrorIcon = () =>
  icon(
    <>
      <path class="solid" d="M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4Z" />
      <path class="cut" d="M5.9 5.9l4.2 4.2M10.1 5.9l-4.2 4.2" />
    </>,
    'icon-error',
  );

/** A triangle: worth knowing before one trusts the picture. */
export const WarningIcon = () =>
  icon(
    <>
      <path class="solid" d="M8 2 15 14H1Z" />
      <path class="cut" d="M8 6.2v3.6M8 11.8v.1" />
    </>,
    'icon-warning',
  );
