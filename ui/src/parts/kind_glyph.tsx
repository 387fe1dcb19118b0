import type { SpanKind } from '../api/types';

const kKinds: Readonly<Record<SpanKind, { d: string; means: string }>> = {
  server: { d: 'M2 8h7M6.2 5l3 3-3 3M11 3h2.5v10H11', means: 'server: handles a request' },
  client: { d: 'M5 3H2.5v10H5M7 8h6.5M10.7 5l3 3-3 3', means: 'client: sends a request' },
  producer: {
    d: 'M2.5 4.5h4v7h-4zM8.5 8h5M11 5.5 13.5 8 11 10.5',
    means: 'producer: sends a message',
  },
  consumer: {
    d: 'M9.5 4.5h4v7h-4zM2.5 8h5M5 5.5 7.5 8 5 10.5',
    means: 'consumer: takes a message',
  },
  internal: {
    d: 'M8 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Z',
    means: 'internal: within one service',
  },
  unspecified: { d: 'M5.5 8h5', means: 'kind not told' },
};

/** What role a span plays, as a small drawing and, for those who ask, in words. */
export function KindGlyph({ kind }: { kind: SpanKind }) {
  const { d, means } = kKinds[kind];
  return (
    <svg class="icon kind" viewBox="0 0 16 16" role="img" aria-label={means}>
      <title>{means}</title>
      <path d={d} />
    </svg>
  );
}
