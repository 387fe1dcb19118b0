// A trace as JSON of several kinds, for people and for other programs.

export interface RawFormat {
  readonly id: string;
  readonly label: string;
  readonly means: string;
  /** Where the server has it. */
  readonly path: (traceId: string) => string;
  /** What of that answer is the trace. */
  readonly unwrap: (answer: unknown) => unknown;
}

export const kRawFormats: readonly RawFormat[] = [
  {
    id: 'otlp',
    label: 'OTLP',
    means: 'OTLP/JSON, as OpenTelemetry’s collectors take it',
    path: traceId => `/api/v3/traces/${traceId}`,
    unwrap: answer => fieldOf(answer, 'result'),
  },
  {
    id: 'jaeger',
    label: 'Jaeger',
    means: 'JSON of Jaeger’s UI, which it also takes as an upload',
    path: traceId => `/api/traces/${traceId}`,
    unwrap: answer => answer,
  },
  {
    id: 'clew',
    label: 'Clew',
    means: 'Clew’s own, with every type of value kept',
    path: traceId => `/api/clew/v1/traces/${traceId}`,
    unwrap: answer => answer,
  },
];

/** Wherever that is missing the whole answer says more than nothing. */
function fieldOf(answer: unknown, name: string): unknown {
  if (typeof answer !== 'object' || answer === null) return answer;
  return (answer as Record<string, unknown>)[name] ?? answer;
}

/** So much is put into the page; browsers take long to lay out more. */
const kMostShown = 200_000;

/** The beginning of a long text, cut between lines. */
export function beginningOf(text: string, most = kMostShown): string {
  if (text.length <= most) return text;
  const end = text.lastIndexOf('\n', most);
  return text.slice(0, end > 0 ? end : most);
}
