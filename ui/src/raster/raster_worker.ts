// Reads a trace's columns, or is given them, and draws windows of it, so that the page stays quick whatever a trace holds.
import type { TraceColumns } from '../model/columns';
import { equalSiblings } from '../model/equal_siblings';
import { noFolds } from '../model/folds';
import { ColumnsError, readColumns } from '../model/read_columns';
import { gather, type RasterItems } from './items';
import type { FromWorker, Shown, ToWorker } from './messages';
import { raster } from './raster';
import type { Palette, RasterView } from './view';

/** The part of DedicatedWorkerGlobalScope that is used; the DOM's types do not have it. */
interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
}
const scope = globalThis as unknown as Scope;

let columns: TraceColumns | undefined;
let items: RasterItems | undefined;
let edition = 0;
let palette: Palette | undefined;

scope.onmessage = ({ data }) => {
  if (data.do === 'open') open(data.bytes);
  else if (data.do === 'take') take(data.columns);
  else if (data.do === 'show') show(data.shown);
  else if (data.do === 'colour') palette = data.palette;
  else paint(data);
};

function take(given: TraceColumns): void {
  columns = given;
  scope.postMessage({ is: 'columns', columns });
}

function open(bytes: ArrayBuffer): void {
  try {
    take(readColumns(bytes));
  } catch (cause) {
    if (!(cause instanceof ColumnsError)) throw cause;
    scope.postMessage({ is: 'failed', message: cause.message });
  }
}

function show(shown: Shown): void {
  if (!columns) return;
  const folds = {
    ...noFolds(columns),
    closed: shown.closed,
    apart: shown.apart,
    equal: shown.folded ? equalSiblings(columns) : undefined,
  };
  items = gather(columns, folds, shown.lines, shown.matches);
  edition = shown.edition;
}

function paint({ canvas, view, pixels }: Extract<ToWorker, { do: 'paint' }>): void {
  if (!items || !palette) return;
  const began = performance.now();
  const out = arrayFor(view, pixels);
  raster(items, view, palette, out);
  const tookMs = performance.now() - began;
  const buffer = out.buffer as ArrayBuffer;
  scope.postMessage({ is: 'painted', canvas, view, edition, pixels: buffer, tookMs }, [buffer]);
}

function arrayFor({ width, height }: RasterView, old: ArrayBuffer | undefined): Uint32Array {
  const bytes = 4 * width * height;
  return new Uint32Array(old?.byteLength === bytes ? old : new ArrayBuffer(bytes));
}
