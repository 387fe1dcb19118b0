// What page and worker say to each other.
import type { TraceColumns } from '../model/columns';
import type { Palette, RasterView } from './view';

/** Which canvas a picture is for: each has its own newest wish. */
export type CanvasName = 'rows' | 'map';

/** What is to have a line, and how. `edition` comes back with every picture of it. */
export interface Shown {
  readonly edition: number;
  readonly lines: Uint32Array;
  readonly closed: Uint8Array;
  readonly apart: Uint8Array;
  /** Equal siblings share a line. */
  readonly folded: boolean;
  /** Rows that do not step back; undefined: none does. */
  readonly matches: Uint32Array | undefined;
}

export type ToWorker =
  /** Bytes of columns. */
  | { do: 'open'; bytes: ArrayBuffer }
  /** Instead of bytes: a trace that the page has. */
  | { do: 'take'; columns: TraceColumns }
  | { do: 'show'; shown: Shown }
  | { do: 'colour'; palette: Palette }
  /** `pixels`: an array that is no longer needed, to be drawn into. */
  | { do: 'paint'; canvas: CanvasName; view: RasterView; pixels: ArrayBuffer | undefined };

export type FromWorker =
  | { is: 'columns'; columns: TraceColumns }
  /** The bytes are not columns. */
  | { is: 'failed'; message: string }
  | {
      is: 'painted';
      canvas: CanvasName;
      view: RasterView;
      edition: number;
      pixels: ArrayBuffer;
      /** What drawing took. */
      tookMs: number;
    };
