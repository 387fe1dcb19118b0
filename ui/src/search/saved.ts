// Searches that somebody gave a name, in this browser. What is stored may be of an older version, or edited by hand.

export interface SavedSearch {
  name: string;
  /** Of the page, with all its parameters. */
  path: string;
}

const kKey = 'clew.savedSearches';
const kMost = 200;

export function savedSearches(): SavedSearch[] {
  try {
    return readSaved(localStorage.getItem(kKey));
  } catch {
    return []; // storage is switched off
  }
}

/** Under a name that is taken, the new one takes its place. False if the browser does not store it. */
export function saveSearch(search: SavedSearch): boolean {
  const others = savedSearches().filter(({ name }) => name !== search.name);
  return store([search, ...others].slice(0, kMost));
}

export function forgetSearch(name: string): boolean {
  return store(savedSearches().filter(saved => saved.name !== name));
}

function store(all: readonly SavedSearch[]): boolean {
  try {
    localStorage.setItem(kKey, JSON.stringify(all));
    return true;
  } catch {
    return false;
  }
}

export function readSaved(text: string | null): SavedSearch[] {
  let all: unknown;
  try {
    all = JSON.parse(text ?? '[]');
  } catch {
    return [];
  }
  return Array.isArray(all) ? all.filter(isSaved) : [];
}

function isSaved(value: unknown): value is SavedSearch {
  if (typeof value !== 'object' || value === null) return false;
  const { name, path } = value as Partial<Record<string, unknown>>;
  return typeof name === 'string' && name !== '' && typeof path === 'string' && isOwn(path);
}

/** Only to this page: what is stored must not lead elsewhere. */
function isOwn(path: string): boolean {
  return path === '/search' || path.startsWith('/search?');
}
