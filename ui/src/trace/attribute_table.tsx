import type { Attribute } from '../api/types';
import { CopyButton } from '../parts/copy_button';
import { SearchIcon } from '../parts/icons';
import { kNewQuery, searchPath } from '../search/query';
import { attributeBlock, attributeText } from '../text/attribute';
import { formatTags } from '../text/logfmt';

/** Those whose key or value contains `filter`, by key. */
export function shownAttributes(attributes: readonly Attribute[], filter: string): Attribute[] {
  const wanted = filter.trim().toLowerCase();
  return attributes
    .filter(attribute =>
      `${attribute.key}=${attributeText(attribute)}`.toLowerCase().includes(wanted),
    )
    .sort((a, b) => a.key.localeCompare(b.key));
}

export function AttributeTable({ attributes }: { attributes: readonly Attribute[] }) {
  if (attributes.length === 0) return null;
  return (
    <table class="attributes">
      <thead class="hidden">
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Value</th>
          <th scope="col">Type</th>
        </tr>
      </thead>
      <tbody>
        {attributes.map((attribute, i) => (
          <Row key={`${attribute.key} ${i}`} attribute={attribute} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ attribute }: { attribute: Attribute }) {
  const { key, type } = attribute;
  const text = attributeText(attribute);
  const search = searchPath({ ...kNewQuery, tags: formatTags([[key, text]]) });
  return (
    <tr>
      <th scope="row">{key}</th>
      <td class="value" data-type={type}>
        {text === '' ? <span class="dim">empty</span> : attributeBlock(attribute)}
      </td>
      <td class="type">
        <span>{type}</span>
        <div class="tools">
          {typeof attribute.value !== 'object' && (
            <a
              class="icon-button"
              href={search}
              title="Search traces with this"
              aria-label={`Search traces with ${key}=${text}`}
            >
              <SearchIcon />
            </a>
          )}
          <CopyButton text={text} label="Copy the value" />
        </div>
      </td>
    </tr>
  );
}
