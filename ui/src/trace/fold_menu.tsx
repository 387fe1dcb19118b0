import { useEffect, useRef } from 'preact/hooks';
import type { TraceFacts } from '../model/trace_facts';
import { Swatch } from '../parts/service_pill';
import { formatDuration } from '../text/duration';
import type { Action, ViewState } from './view_state';

interface Props {
  state: ViewState;
  facts: TraceFacts;
  isWhole: boolean;
  /** The address of the page holds all that is folded. */
  isInAddress: boolean;
  onWhole: (isWhole: boolean) => void;
  act: (action: Action) => void;
}

const kLeastNs = [0, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const kMostLevels = 12;

/** Which spans have a line, and how high lines are. */
export function FoldMenu({ state, facts, isWhole, isInAddress, onWhole, act }: Props) {
  const { folds, columns } = state;
  const hiddenCount = folds.hidden.reduce((sum, bit) => sum + bit, 0);
  const choices = hiddenCount + (folds.leastTicks > 0 ? 1 : 0);
  const menu = useRef<HTMLDetailsElement>(null);
  useClosing(menu);
  return (
    <div class="fold-buttons">
      <button
        type="button"
        class="button quiet"
        title="]"
        onClick={() => act({ do: 'collapseAll' })}
      >
        Collapse all
      </button>
      <button type="button" class="button quiet" title="[" onClick={() => act({ do: 'expandAll' })}>
        Expand all
      </button>
      <button
        type="button"
        class="button quiet"
        title="All lines at once (z)"
        aria-pressed={isWhole}
        onClick={() => onWhole(!isWhole)}
      >
        Fit
      </button>
      <details class="fold-menu" ref={menu}>
        <summary class="button quiet">
          {choices > 0 ? `Lines: ${choices} hidden` : 'Lines'}
          {folds.equal ? ' · folded' : ''}
        </summary>
        <div class="fold-panel">
          {!isInAddress && (
            <p class="dim">
              So many branches are open or closed by themselves that the address of this page leaves
              them out.
            </p>
          )}
          <label class="fold-check">
            <input
              type="checkbox"
              checked={folds.equal !== undefined}
              onChange={event => act({ do: 'foldEqual', on: event.currentTarget.checked })}
            />
            Equal siblings share a line (x)
          </label>
          <label>
            Open levels
            <select
              value=""
              onChange={event => act({ do: 'levels', levels: Number(event.currentTarget.value) })}
            >
              <option value="" disabled>
                of {facts.levels.toLocaleString('en')}
              </option>
              {Array.from({ length: Math.min(kMostLevels, facts.levels) }, (_, i) => (
                <option key={i} value={i + 1}>
                  {i + 1}
                </option>
              ))}
            </select>
          </label>
          <label>
            Hide spans shorter than
            <select
              value={folds.leastTicks}
              onChange={event =>
                act({ do: 'hideShorter', leastTicks: Number(event.currentTarget.value) })
              }
            >
              {kLeastNs.map(ns => (
                <option key={ns} value={Math.ceil(ns / columns.tickNs)}>
                  {ns === 0 ? 'hide none' : formatDuration(ns)}
                </option>
              ))}
            </select>
          </label>
          <button
            type="button"
            class="button quiet"
            title="Close what goes on within one service"
            onClick={() => act({ do: 'servicesOnly' })}
          >
            Only calls between services
          </button>
          <fieldset>
            <legend>Services with lines</legend>
            {facts.services.map(({ name, spanCount }) => {
              const service = columns.services.indexOf(name);
              return (
                <label class="fold-check" key={name}>
                  <input
                    type="checkbox"
                    checked={folds.hidden[service] === 0}
                    onChange={event =>
                      act({ do: 'hideService', service, hidden: !event.currentTarget.checked })
                    }
                  />
                  <Swatch service={name} /> {name}
                  <span class="dim">{spanCount.toLocaleString('en')}</span>
                </label>
              );
            })}
          </fieldset>
        </div>
      </details>
    </div>
  );
}

/** Closes the menu on Escape and on a click elsewhere. */
function useClosing(menu: { current: HTMLDetailsElement | null }): void {
  useEffect(() => {
    const close = (event: Event) => {
      const element = menu.current;
      if (!element?.open) return;
      if (event instanceof KeyboardEvent) {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        element.querySelector('summary')?.focus();
      } else if (event.target instanceof Node && element.contains(event.target)) {
        return;
      }
      element.open = false;
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', close, { capture: true });
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', close, { capture: true });
    };
  }, []);
}
