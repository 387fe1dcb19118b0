// What spans say under one key, for counting by it.
import type { Attribute } from '../api/types';
import { attributeText } from '../text/attribute';
import type { FullSpan } from '../trace/span_source';

/** All keys of attributes of spans and their resources, the most frequent first. */
export function attributeKeys(spans: readonly FullSpan[]): string[] {
  const counts = new Map<string, number>();
  for (const { span, resource } of spans) {
    for (const { key } of span.attributes) counts.set(key, (counts.get(key) ?? 0) + 1);
    for (const { key } of resource.attributes) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([key]) => key);
}

/** For each span the text of its attribute `key`, or else of its resource's. */
export function valuesOf(spans: readonly FullSpan[], key: string): (string | undefined)[] {
  return spans.map(({ span, resource }) => {
    const found = withKey(span.attributes, key) ?? withKey(resource.attributes, key);
    return found && attributeText(found);
  });
}

function withKey(attributes: readonly Attribute[], key: string): Attribute | undefined {
  return attributes.find(attribute => attribute.key === key);
}
