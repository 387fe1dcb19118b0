import { useRef, useState } from 'preact/hooks';
import logo from '../styles/logo.svg';
import { kNav } from '../pages';
import { lastSearchPath, linkTo, navigate, tracePath } from '../router';
import { parseTraceId } from '../text/trace_id';
import { HelpIcon, MoonIcon, SunIcon, SystemIcon } from './icons';
import { usePageKeys } from './keys';
import { useTheme } from './theme';

export function TopBar({ onHelp, path }: { onHelp: () => void; path: string }) {
  return (
    <header class="top-bar">
      <a class="brand" href={linkTo('/search')} aria-label="Clew: a new search">
        <img src={logo} alt="" width="22" height="22" />
        <span>Clew</span>
      </a>
      <nav aria-label="Pages">
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
      <ThemeButton />
      <button
        type="button"
        class="icon-button"
        title="Keyboard (?)"
        aria-label="Keyboard help"
        onClick={onHelp}
      >
        <HelpIcon />
      </button>
    </header>
  );
}

/** Takes whatever somebody pastes that holds a trace ID, and goes there. */
function TraceIdBox() {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  usePageKeys(event => {
    if (event.key !== 'g') return;
    event.preventDefault();
    input.current?.focus();
  });
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

function ThemeButton() {
  const [theme, next] = useTheme();
  const label = { system: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark' }[
    theme
  ];
  const Icon = { system: SystemIcon, light: SunIcon, dark: MoonIcon }[theme];
  return (
    <button type="button" class="icon-button" title={label} aria-label={label} onClick={next}>
      <Icon />
    </button>
  );
}
