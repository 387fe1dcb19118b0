// Fetches a trace's columns and draws windows of it, so that the page stays quick whatever a trace holds.
import { errorShape } from '../api/types';
import type { TraceColumns } from '../model/columns';
import { equalSiblings } from '../model/equal_siblings';
import { noFolds } from '../model/folds';
import { kColumnsType, readColumns } from '../model/read_columns';
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
  if (data.do === 'open') void open(data.url);
  else if (data.do === 'show') show(data.shown);
  else if (data.do === 'colour') palette = data.palette;
  else paint(data);
};

async function open(url: string): Promise<void> {
  try {
    const response = await fetch(url, { headers: { accept: kColumnsType } });
    if (!response.ok) {
      scope.postMessage(await failure(response));
      return;
    }
    columns = readColumns(await response.arrayBuffer());
    scope.postMessage({ is: 'columns', columns });
  } catch (cause) {
    const isNetwork = cause instanceof TypeError;
    scope.postMessage({
      is: 'failed',
      status: isNetwork ? 0 : 200,
      code: isNetwork ? 'unreachable' : 'unexpected_answer',
      message: isNetwork
        ? 'The server did not answer. Is clew still running?'
        : `The server's answer has an unknown form: ${String(cause)}`,
    });
  }
}

async function failure(response: Response): Promise<FromWorker> {
  const { status, statusText } = response;
  try {
    const { error } = errorShape(await response.json(), '');
    return { is: 'failed', status, ...error };
  } catch {
    // Not clew's own error body: a proxy in between, most likely. Its status is what we know.
    return { is: 'failed', status, code: 'http', message: `HTTP ${status} ${statusText}` };
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
