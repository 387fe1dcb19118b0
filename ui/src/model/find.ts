// Finding spans within one trace by anything they say.
import { attributeText } from '../text/attribute';
import type { Attribute } from '../api/types';
import { at, type TraceModel } from './trace';

/**
 * One lower-case text per span: its name, service, kind, status, IDs and all attributes as
 * `key=value`. Made once per trace, on the first search, so that each keystroke is a plain scan.
 */
export function searchTexts(model: TraceModel): string[] {
  const ofResource = model.trace.resources.map(resource =>
    [`service=${resource.service}`, ...lines(resource.attributes)].join('\n'),
  );
  return model.trace.spans.map(span =>
    [
      span.name,
      `kind=${span.kind}`,
      `status=${span.status.code}`,
      span.status.message,
      span.spanId,
      ...lines(span.attributes),
      ...span.events.flatMap(event => [event.name, ...lines(event.attributes)]),
      ...span.links.flatMap(link => [link.traceId, link.spanId, ...lines(link.attributes)]),
      at(ofResource, span.resource),
    ]
      .join('\n')
      .toLowerCase(),
  );
}

/** The spans that contain every word of `query`, in the order of the rows. None for no words. */
export function findSpans(model: TraceModel, texts: readonly string[], query: string): Int32Array {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return new Int32Array();
  return model.order.filter(span => words.every(word => at(texts, span).includes(word)));
}

function lines(attributes: readonly Attribute[]): string[] {
  return attributes.map(attribute => `${attribute.key}=${attributeText(attribute)}`);
}
