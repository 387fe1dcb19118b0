// From a field of a query to the attribute that the API knows.
import type { Tag } from '../api/explore';

/** The attribute that a field names; undefined for an intrinsic. */
export function tagOf(field: string): Tag | undefined {
  if (field === '' || field === '.') return undefined;
  const found = /^(span|resource|event|link|instrumentation|)\.([^]+)$/.exec(field);
  if (!found) return /^[A-Za-z]\w*(?::\w+)?$/.test(field) ? undefined : { scope: '', key: field };
  const [, scope = '', key = ''] = found;
  const plain = key.replace(/"((?:\\.|[^"\\])*)"/g, (_, quoted: string) =>
    quoted.replace(/\\(.)/g, '$1'),
  );
  return {
    scope: scope === 'instrumentation' ? 'scope' : scope === 'link' ? '' : scope,
    key: plain,
  };
}
