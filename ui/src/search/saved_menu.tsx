import { useState } from 'preact/hooks';
import { CloseIcon } from '../parts/icons';
import { linkTo } from '../router';
import { forgetSearch, savedSearches, saveSearch } from './saved';
import { Popover } from './popover';

/** Saves the search under a name, and leads back to those saved. */
export function SavedMenu({ path }: { path: string }) {
  return (
    <Popover label="Saved" title="Save this search, or go to a saved one">
      {() => <SavedList path={path} />}
    </Popover>
  );
}

function SavedList({ path }: { path: string }) {
  const [all, setAll] = useState(savedSearches);
  const [name, setName] = useState('');
  const [failed, setFailed] = useState(false);
  const save = (event: Event) => {
    event.preventDefault();
    if (name.trim() === '') return;
    const stored = saveSearch({ name: name.trim(), path });
    setFailed(!stored);
    if (stored) setName('');
    setAll(savedSearches());
  };
  return (
    <>
      <form class="save-form" onSubmit={save}>
        <input
          type="text"
          aria-label="Name of this search"
          placeholder="Name of this search"
          autocomplete="off"
          value={name}
          onInput={event => setName(event.currentTarget.value)}
        />
        <button type="submit" class="button primary">
          Save
        </button>
      </form>
      {failed && (
        <p class="problem" role="alert">
          This browser does not store it: its storage is full or switched off.
        </p>
      )}
      {all.length === 0 && <p class="dim">Nothing saved yet. Searches stay in this browser.</p>}
      <ul class="saved-list">
        {all.map(saved => (
          <li key={saved.name}>
            <a href={linkTo(saved.path)}>{saved.name}</a>
            <button
              type="button"
              class="icon-button"
              aria-label={`Forget ${saved.name}`}
              title="Forget it"
              onClick={() => {
                setFailed(!forgetSearch(saved.name));
                setAll(savedSearches());
              }}
            >
              <CloseIcon />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
