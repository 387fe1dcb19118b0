// What a saved page holds of its trace, and how that becomes text without a letter that HTML could mistake.
import type { Resource, Scope, Span } from '../api/types';
import type { FullSpan } from '../trace/span_source';

export interface SavedTrace {
  readonly traceId: string;
  readonly savedAtMs: number;
  /** The answer of /columns: gzip, base64. */
  readonly columns: string;
  /** PackedSpans as JSON: gzip, base64. Empty: too many spans, they were left out. */
  readonly spans: string;
}

/** Spans by row, each resource and scope once. */
export interface PackedSpans {
  readonly resources: readonly Resource[];
  readonly scopes: readonly Scope[];
  /** `resource` and `scope` are places in the above. */
  readonly spans: readonly Span[];
}

export function packSpans(spans: readonly FullSpan[]): PackedSpans {
  const resources = new Places<Resource>();
  const scopes = new Places<Scope>();
  const packed = spans.map(({ span, resource, scope }) => ({
    ...span,
    resource: resources.placeOf(resource),
    scope: scopes.placeOf(scope),
  }));
  return { resources: resources.all, scopes: scopes.all, spans: packed };
}

export function unpackSpans({ resources, scopes, spans }: PackedSpans): FullSpan[] {
  return spans.map((span, row) => {
    const resource = resources[span.resource];
    const scope = scopes[span.scope];
    if (!resource || !scope) throw new RangeError(`span ${row} of the saved trace has no resource`);
    return { row, span, resource, scope };
  });
}

/** Equal things once. */
class Places<T> {
  readonly all: T[] = [];
  private readonly byText = new Map<string, number>();
  private readonly byThing = new Map<T, number>(); // most are the very same object

  placeOf(thing: T): number {
    const same = this.byThing.get(thing);
    if (same !== undefined) return same;
    const text = JSON.stringify(thing);
    const place = this.byText.get(text) ?? this.all.push(thing) - 1;
    this.byText.set(text, place);
    this.byThing.set(thing, place);
    return place;
  }
}

export async function toText(bytes: BlobPart): Promise<string> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return base64Of(new Uint8Array(await new Response(packed).arrayBuffer()));
}

export async function fromText(text: string): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(unpacked).arrayBuffer();
}

/** In pieces: a call takes only so many arguments. A multiple of 3, so that no piece but the last is padded. */
const kPiece = 3 * 8192;

export function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += kPiece) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + kPiece)));
  }
  return text;
}
