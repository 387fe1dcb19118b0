import type { Attribute } from '../api/types';
import { CopyButton } from '../parts/copy_button';
import { SearchIcon } from '../parts/icons';
import { attributePath } from '../search/query';
import { linkTo } from '../router';
import { attributeBlock, attributeText } from '../text/attribute';

/** Those whose key or value contains `filter`, by key. */
export function shownAttributes(attributes: readonly Attribute[], filter: string): Attribute[] {
  const wanted = filter.trim().toLowerCase();
  return attributes
    .filter(attribute =>
      `${attribute.key}=${attributeText(attribute)}`.toLowerCase().includes(wanted),
    )
    .sort((a, b) => a.key.localeCompare(b.key));
}

interface Props {
  attributes: readonly Attribute[];
  /** When the trace began: similar traces are looked for around then. */
  traceStartNs: bigint;
}

export function AttributeTable({ attributes, traceStartNs }: Props) {
  if (attributes.length === 0) return null;
  return (
    <table class="attributes">
      <colgroup>
        <col class="key" />
        <col />
        <col class="type" />
      </colgroup>
      <thead class="hidden">
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Value</th>
          <th scope="col">Type</th>
        </tr>
      </thead>
      <tbody>
        {attributes.map((attribute, i) => (
          <Row key={`${attribute.key} ${i}`} attribute={attribute} traceStartNs={traceStartNs} />
        ))}
      </tbody>
    </table>
  );
}

const kLongChars = 90;

function Row({ attribute, traceStartNs }: { attribute: Attribute; traceStartNs: bigint }) {
  const { key, type } = attribute;
  const text = attributeText(attribute);
  const block = attributeBlock(attribute);
  const isLong = block.length > kLongChars || block.includes('\n');
  return (
    <>
      <tr>
        <th scope="row" colSpan={isLong ? 2 : 1}>
          {key
            .split(/(?<=[._])/)
            .flatMap((part, i) => (i === 0 ? [part] : [<wbr key={i} />, part]))}
        </th>
        {!isLong && <td class="value">{block === '' ? <span class="dim">empty</span> : block}</td>}
        <td class="type">
          <span>{type}</span>
          <div class="tools">
            {typeof attribute.value !== 'object' && (
              <a
                class="icon-button"
                href={linkTo(attributePath(attribute, traceStartNs))}
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
      {isLong && (
        <tr class="long">
          <td class="value" colSpan={3}>
            <div>{block}</div>
          </td>
        </tr>
      )}
    </>
  );
}
