import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import logo from '../styles/logo.svg';
import { kNav } from '../pages';
import { lastSearchPath, linkTo, navigate, tracePath } from '../router';
import { parseTraceId } from '../text/trace_id';
import { useCommands } from './commands';
import {
  CommandIcon,
  ContrastIcon,
  HelpIcon,
  MenuIcon,
  MoonIcon,
  SunIcon,
  SystemIcon,
} from './icons';
import { useSetting } from './setting';
import { kThemeLabels, theme } from './theme';
import { timeZone, timeZoneLabel } from './time_zone';

interface Props {
  path: string;
  onHelp: () => void;
  onPalette: () => void;
}

/** Where one is and where one can go. On narrow screens the pages fold into a menu. */
export function TopBar({ path, onHelp, onPalette }: Props) {
  const nav = useRef<HTMLElement>(null);
  return (
    <header class="top-bar">
      <button
        type="button"
        class="icon-button menu-button"
        aria-label="Pages"
        popovertarget="pages"
      >
        <MenuIcon />
      </button>
      <a class="brand" href={linkTo('/search')} aria-label="Clew: a new search">
        <img src={logo} alt="" width="22" height="22" />
        <span>Clew</span>
      </a>
      <nav
        id="pages"
        ref={nav}
        aria-label="Pages"
        popover="auto"
        onClick={event => event.target !== nav.current && nav.current?.hidePopover()}
      >
        {kNav.map(({ href, label }) => (
          <a
            key={href}
            href={linkTo(href === '/search' ? lastSearchPath() : href)}
            {...(path.startsWith(href) ? { 'aria-current': 'page' } : {})}
          >
            {label}
          </a>
        ))}
      </nav>
      <TraceIdBox />
      <div class="top-buttons">
        <TopButton label="Commands" keys="Ctrl+K" onClick={onPalette}>
          <CommandIcon />
        </TopButton>
        <TimeZoneButton />
        <ThemeButton />
        <TopButton label="Keyboard help" keys="?" onClick={onHelp}>
          <HelpIcon />
        </TopButton>
      </div>
    </header>
  );
}

interface ButtonProps {
  label: string;
  keys?: string;
  onClick: () => void;
  children: ComponentChildren;
}

function TopButton({ label, keys, onClick, children }: ButtonProps) {
  return (
    <button
      type="button"
      class="icon-button"
      title={keys === undefined ? label : `${label} (${keys})`}
      aria-label={label}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

function ThemeButton() {
  const chosen = useSetting(theme);
  const Icon = {
    system: SystemIcon,
    light: SunIcon,
    dark: MoonIcon,
    contrast: ContrastIcon,
  }[chosen];
  return (
    <TopButton label={`Theme: ${kThemeLabels[chosen]}`} onClick={() => theme.next()}>
      <Icon />
    </TopButton>
  );
}

function TimeZoneButton() {
  const zone = useSetting(timeZone);
  return (
    <TopButton label={`Times: ${timeZoneLabel(zone)}`} onClick={() => timeZone.next()}>
      <span class="zone">{zone === 'utc' ? 'UTC' : 'local'}</span>
    </TopButton>
  );
}

/** Takes whatever somebody pastes that holds a trace ID, and goes there. */
function TraceIdBox() {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useCommands('Everywhere', [
    { label: 'Go to a trace by its ID', keys: ['g'], run: () => input.current?.focus() },
  ]);
  const go = (event: Event) => {
    event.preventDefault();
    const traceId = parseTraceId(text);
    setWrong(traceId === null);
    if (traceId === null) return;
    setText('');
    input.current?.blur();
    navigate(tracePath(traceId));
  };
  return (
    <form class="trace-id-box" role="search" aria-label="Go to trace" onSubmit={go}>
      <input
        ref={input}
        type="text"
        aria-label="Trace ID or traceparent"
        aria-invalid={wrong}
        {...(wrong ? { 'aria-describedby': 'trace-id-problem' } : {})}
        placeholder="Go to trace: ID or traceparent"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={event => {
          setText(event.currentTarget.value);
          setWrong(false);
        }}
        onKeyDown={event => {
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      {wrong && (
        <p id="trace-id-problem" class="bubble" role="alert">
          A trace ID has 32 hex digits (or 16); a traceparent looks like 00-<i>trace ID</i>-
          <i>span ID</i>-01.
        </p>
      )}
    </form>
  );
}
