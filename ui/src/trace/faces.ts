// The faces of a trace: ways to draw the same columns. Each is a chunk of its own, loaded when it is first shown; the
// page around them (trace_view.tsx) holds what they share, so that a choice made in one is there in all.
import type { ComponentType } from 'preact';
import type { TraceColumns } from '../model/columns';
import type { SpanSource } from './span_source';

/** A part of the trace's time, in ticks: whole numbers, `from` < `to`. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/** What faces let one choose, each by its name in the address of the page. */
export const kChoices = [
  /** Of the flame graph: `each` or `merged`; and the part of the merged one that is in view. */
  'boxes',
  'paths',
  /** Of the table: what is counted by, by which attribute, the order, and which lines. */
  'by',
  'attribute',
  'sort',
  'filter',
  /** Which events. */
  'events',
  /** Which kind of place. */
  'place',
] as const;
export type Choice = (typeof kChoices)[number];
/** Absent: as usual. */
export type Choices = Readonly<Partial<Record<Choice, string>>>;

/** What all faces show alike. */
export interface SharedView {
  /** The row the keyboard is at; -1 only in a trace without spans. */
  readonly active: number;
  /** Whether the active span's details are open, beside the face. */
  readonly detail: boolean;
  /** The time that is zoomed to. */
  readonly window: TimeWindow;
  /** Rows that match what is searched for, ascending. */
  readonly matches: Uint32Array;
  /** Something is searched for: what does not match steps back. */
  readonly finding: boolean;
  readonly choices: Choices;
}

/** What a face may ask of the page. */
export type SharedAction =
  /** To make the span active, and open its details (unsaid: leave them open or closed as they are). */
  | { do: 'goTo'; row: number; detail?: boolean }
  | { do: 'window'; window: TimeWindow }
  /** Factor below 1: closer. `around` is a tick, which stays where it is. */
  | { do: 'zoom'; by: number; around: number }
  /** By this part of the window; positive: later. */
  | { do: 'pan'; by: number }
  | { do: 'wholeTrace' }
  /** To search for this, as if it had been typed into the find bar; '' ends the search. */
  | { do: 'find'; query: string }
  /** Undefined: as usual. */
  | { do: 'choose'; choice: Choice; value: string | undefined }
  | { do: 'openDetail' | 'closeDetail' };

export interface FaceProps {
  columns: TraceColumns;
  view: SharedView;
  dispatch: (action: SharedAction) => void;
  /** Fetches what the columns have not: attributes, events, links, IDs. */
  spans: SpanSource;
}

export interface Face {
  /** In the URL, as `face=`. */
  readonly id: string;
  readonly label: string;
  readonly load: () => Promise<ComponentType<FaceProps>>;
}

/** In the order of the switcher. The waterfall is the page's own, since it has the state of its rows as well. */
export const kFaces: readonly Face[] = [
  {
    id: 'flame',
    label: 'Flame graph',
    load: async () => (await import('./flame/flame_face')).FlameFace,
  },
  {
    id: 'table',
    label: 'Table',
    load: async () => (await import('./table/table_face')).TableFace,
  },
  {
    id: 'events',
    label: 'Events',
    load: async () => (await import('./events/events_face')).EventsFace,
  },
  {
    id: 'places',
    label: 'Places',
    load: async () => (await import('./places/places_face')).PlacesFace,
  },
];
