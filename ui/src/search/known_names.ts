// Names and values that are in the data, for the form and the editor. Kept for a minute: they change slowly.
import { fetchOperations } from '../api/client';
import { fetchTags, fetchTagValues, type Tag, type TagValue } from '../api/explore';
import { kSpanKinds } from '../api/types';
import { loadServices } from '../parts/known_services';
import { tagOf } from './attribute_names';
import { fieldOf, type AttributeScope } from './traceql';

const kKeptMs = 60_000;
const kMostValues = 50;
const kMostKept = 200;

const kept = new Map<string, { at: number; value: Promise<unknown> }>();

/** Asks once a minute; a failure is not kept. The request is not aborted: others may wait for it. */
function keep<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known && Date.now() - known.at < kKeptMs) return known.value as Promise<T>;
  const value = load(AbortSignal.timeout(10_000));
  value.catch(() => kept.delete(key));
  if (kept.size >= kMostKept) kept.clear();
  kept.set(key, { at: Date.now(), value });
  return value;
}

export function knownTags(): Promise<Tag[]> {
  return keep('tags', fetchTags);
}

/** Attributes as queries write them, each in its scope. */
export async function knownFields(): Promise<string[]> {
  const tags = await knownTags();
  return tags.map(({ scope, key }) => fieldOf(scopeName(scope), key));
}

function scopeName(scope: string): AttributeScope {
  if (scope === 'scope') return 'instrumentation';
  const known = (['span', 'resource', 'event', 'link'] as const).find(name => name === scope);
  return known ?? '';
}

/** The first values of a field that begin with `prefix`, with their types (`word`: of the language). */
export async function knownValues(field: string, prefix: string): Promise<TagValue[]> {
  const own = await intrinsicValues(field);
  if (own) return own.filter(({ value }) => String(value).startsWith(prefix));
  const tag = tagOf(field);
  if (!tag) return [];
  return keep(`values ${tag.scope} ${tag.key} ${prefix}`, signal =>
    fetchTagValues(tag, prefix, kMostValues, signal),
  );
}

async function intrinsicValues(field: string): Promise<TagValue[] | undefined> {
  const words = (all: readonly string[]) => all.map(value => ({ type: 'word', value }));
  const texts = (all: readonly string[]) => all.map(value => ({ type: 'string', value }));
  if (field === 'status') return words(['error', 'ok', 'unset']);
  if (field === 'kind') return words(kSpanKinds);
  if (field === 'resource.service.name' || field === 'rootServiceName') {
    return texts(await keep('services', loadServices));
  }
  if (field !== 'name' && field !== 'rootName') return undefined;
  const operations = await keep('operations', signal => fetchOperations('', signal));
  return texts([...new Set(operations.map(({ name }) => name))]);
}
