import { useEffect, useRef } from 'preact/hooks';
import { CloseIcon } from './icons';

const kKeys: readonly { title: string; keys: readonly (readonly [string, string])[] }[] = [
  {
    title: 'Everywhere',
    keys: [
      ['?', 'this help'],
      ['g', 'go to a trace by its ID'],
      ['/', 'search, or find within the trace'],
    ],
  },
  {
    title: 'Results',
    keys: [
      ['j  k', 'next, previous trace'],
      ['Enter', 'open it'],
      ['r', 'search again'],
    ],
  },
  {
    title: 'Trace',
    keys: [
      ['↑ ↓  k j', 'previous, next span'],
      ['→', 'open a branch, then go into it'],
      ['←', 'close a branch, then go to the parent'],
      ['[  ]', 'close, open all branches'],
      ['Home  End', 'first, last span'],
      ['Enter', "the span's details"],
      ['Esc', 'close the details'],
      ['n  N', 'next, previous match'],
      ['e  E', 'next, previous error'],
    ],
  },
  {
    title: 'Live',
    keys: [
      ['p', 'hold the list still, go on'],
      ['j  k', 'next, previous trace'],
      ['Esc', 'leave the list, so that it goes on'],
      ['c', 'empty the list'],
    ],
  },
];

/** The map of all keys, as a modal dialog. */
export function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="help"
      aria-labelledby="help-title"
      onClose={onClose}
      onClick={event => {
        if (event.target === dialog.current) dialog.current?.close(); // the backdrop
      }}
    >
      <div class="help-body">
        <header>
          <h2 id="help-title">Keyboard</h2>
          <button
            type="button"
            class="icon-button"
            aria-label="Close"
            onClick={() => dialog.current?.close()}
          >
            <CloseIcon />
          </button>
        </header>
        {kKeys.map(group => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.keys.map(([keys, does]) => (
                <div key={keys}>
                  <dt>
                    {keys.split(/\s+/).map(key => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}
