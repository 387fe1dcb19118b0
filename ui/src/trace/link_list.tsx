import type { SpanLink } from '../api/types';
import { linkTo, tracePath } from '../router';
import { AttributeTable } from './attribute_table';

interface Props {
  links: readonly SpanLink[];
  traceStartNs: bigint;
}

/** Spans elsewhere that this one belongs with. */
export function LinkList({ links, traceStartNs }: Props) {
  if (links.length === 0) return null;
  return (
    <ul class="links">
      {links.map((link, i) => (
        <li key={i}>
          <a class="mono" href={linkTo(tracePath(link.traceId, link.spanId))}>
            {link.traceId}
            <br />
            {link.spanId}
          </a>
          <AttributeTable attributes={link.attributes} traceStartNs={traceStartNs} />
        </li>
      ))}
    </ul>
  );
}
