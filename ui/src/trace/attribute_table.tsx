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

const kHourUs = 3_600_000_000;
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
                href={similarPath(key, text, traceStartNs)}
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

/** A search for traces that say the same: of the last hour, or of two around an older trace. */
function similarPath(key: string, value: string, traceStartNs: bigint): string {
  const tags = formatTags([[key, value]]);
  const startUs = Number(traceStartNs / 1000n);
  if (Date.now() * 1000 - startUs < kHourUs) return searchPath({ ...kNewQuery, tags });
  return searchPath({
    ...kNewQuery,
    tags,
    lookback: 'custom',
    startUs: startUs - kHourUs,
    endUs: startUs + kHourUs,
  });
}
