// A trace as numbers: one typed array for each thing known of a span, in preorder, and each text once. What all
// faces of a trace are drawn from; docs/trace-columns.md is the form it comes in.

/** Of the answer with a trace's columns. */
export const kColumnsType = 'application/vnd.clew.columns';

/** Bits of `flags`. */
export const Flag = {
  /** The span failed. */
  error: 1,
  /** Its parent is not in the trace; it stands as a root. */
  orphan: 2,
  /** It has no start of its own and stands at its parent's. */
  noStart: 4,
} as const;

/** Kinds of an operation, by their number. */
export const kKinds = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
] as const;

/**
 * Never changes once read. A "row" is the place of a span in preorder: each before its children, those in order of
 * start. Times are whole ticks from the start of the trace. The arrays may lie in shared memory.
 */
export interface TraceColumns {
  readonly traceId: string;
  /** Nanoseconds since 1970. */
  readonly startNs: bigint;
  readonly tickNs: number;
  /** Of the trace, in ticks. */
  readonly durationTicks: number;
  /** Spans. */
  readonly count: number;
  /** False if a limit or damage kept spans out. */
  readonly complete: boolean;
  /** row → ticks. */
  readonly start: Uint32Array;
  readonly duration: Uint32Array;
  /** row → ancestors. */
  readonly depth: Uint32Array;
  /** row → the parent's row; -1 for a root. */
  readonly parent: Int32Array;
  /** row → the row after its last descendant. */
  readonly subtreeEnd: Uint32Array;
  /** row → place in `operations`. */
  readonly operation: Uint32Array;
  /** row → set of Flag bits. */
  readonly flags: Uint8Array;
  readonly operations: {
    /** operation → place in `names`. */
    readonly name: Uint32Array;
    /** operation → place in `services`. */
    readonly service: Uint32Array;
    /** operation → place in kKinds. */
    readonly kind: Uint8Array;
  };
  readonly names: readonly string[];
  readonly services: readonly string[];
}
