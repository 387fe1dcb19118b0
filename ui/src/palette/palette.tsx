import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { loadServices } from '../parts/known_services';
import '../styles/palette.css';
import { allEntries, fittingEntries, type Entry } from './entries';

const kMostShown = 60;

/** One field that leads everywhere: type, choose with the arrows, Enter. A modal dialog. */
export function Palette({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const chosen = useRef<Entry>(undefined);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="palette"
      aria-label="Commands"
      onClose={() => {
        onClose();
        // Now that the dialog has given the focus back, whatever the entry does may take it.
        chosen.current?.run();
      }}
      onClick={event => {
        if (event.target === dialog.current) dialog.current?.close(); // the backdrop
      }}
    >
      <Chooser
        onChoose={entry => {
          chosen.current = entry;
          dialog.current?.close();
        }}
      />
    </dialog>
  );
}

function Chooser({ onChoose }: { onChoose: (entry: Entry) => void }) {
  const [typed, setTyped] = useState('');
  const [cursor, setCursor] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const services = useServices();
  const entries = useMemo(() => allEntries(services), [services]);
  const fitting = useMemo(() => fittingEntries(entries, typed), [entries, typed]);
  const shown = fitting.slice(0, kMostShown);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [cursor]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && shown.length > 0) {
      event.preventDefault();
      setCursor((cursor + step + shown.length) % shown.length);
    } else if (event.key === 'Enter' && shown[cursor]) {
      event.preventDefault();
      onChoose(shown[cursor]);
    }
  };
  return (
    <>
      <input
        type="text"
        role="combobox"
        aria-label="Go to or do"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-autocomplete="list"
        {...(shown.length > 0 ? { 'aria-activedescendant': `palette-${cursor}` } : {})}
        placeholder="Go to a page, service or trace; do something"
        autocomplete="off"
        spellcheck={false}
        autofocus
        value={typed}
        onInput={event => {
          setTyped(event.currentTarget.value);
          setCursor(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" ref={list} role="listbox" aria-label="Commands">
        {shown.map((entry, i) => (
          <li
            key={`${entry.section} ${entry.label} ${i}`}
            id={`palette-${i}`}
            role="option"
            aria-selected={i === cursor}
            onMouseMove={() => setCursor(i)}
            onClick={() => onChoose(entry)}
          >
            <span class="palette-section">
              {entry.section !== shown[i - 1]?.section ? entry.section : ''}
            </span>
            <span class="palette-label">{entry.label}</span>
            <span class="palette-hint">{entry.hint}</span>
          </li>
        ))}
      </ul>
      <p class="palette-note" role="status">
        {fitting.length === 0
          ? 'Nothing fits'
          : fitting.length > shown.length
            ? `${shown.length} of ${fitting.length}: type to narrow`
            : `${fitting.length} found`}
      </p>
    </>
  );
}

/** None until they have come; a palette without them still serves. */
function useServices(): readonly string[] {
  const [services, setServices] = useState<readonly string[]>([]);
  useEffect(() => {
    const abort = new AbortController();
    loadServices(abort.signal).then(setServices, () => undefined);
    return () => abort.abort();
  }, []);
  return services;
}
