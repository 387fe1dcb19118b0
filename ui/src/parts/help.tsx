import { useEffect, useRef, useState } from 'preact/hooks';
import { commandsNow, keyName } from './commands';
import { CloseIcon } from './icons';

/** All keys that do something on the present page, as a modal dialog. */
export function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [groups] = useState(() =>
    commandsNow()
      .map(({ title, commands }) => ({ title, commands: commands.filter(({ keys }) => keys) }))
      .filter(({ commands }) => commands.length > 0),
  );
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
      <div class="help-body">
        {groups.map(({ title, commands }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {commands.map(({ label, keys = [] }) => (
                <div key={label}>
                  <dt>
                    {keys.map(key => (
                      <kbd key={key}>{keyName(key)}</kbd>
                    ))}
                  </dt>
                  <dd>{label}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}
