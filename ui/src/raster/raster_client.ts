// The page's side of the worker: opens a trace and asks for pictures of it.
import { ApiError, fetchColumns, unexpected } from '../api/client';
import type { TraceColumns } from '../model/columns';
import type { Folds } from '../model/folds';
import type { CanvasName, FromWorker, ToWorker } from './messages';
import type { Palette, RasterView } from './view';

export interface Picture {
  readonly view: RasterView;
  /** Of what was shown when it was drawn. */
  readonly edition: number;
  readonly image: ImageData;
}

/** Draws one trace. Who opens it closes it. */
export class RasterClient {
  private edition = 0;
  private readonly canvases: Record<CanvasName, Canvas> = { rows: {}, map: {} };
  private readonly spare: ArrayBuffer[] = [];

  private constructor(
    private readonly worker: Worker,
    readonly columns: TraceColumns,
  ) {
    worker.onmessage = (event: MessageEvent<FromWorker>) => this.take(event.data);
  }

  /** Loads a trace by its ID, or takes the one given; throws an ApiError. The worker starts while the server answers. */
  static async open(trace: string | TraceColumns, signal: AbortSignal): Promise<RasterClient> {
    const worker = new Worker(new URL('./raster_worker.ts', import.meta.url), { type: 'module' });
    signal.addEventListener('abort', () => worker.terminate(), { once: true });
    try {
      const read =
        typeof trace === 'string'
          ? await readBy(worker, await fetchColumns(trace, signal))
          : await takenBy(worker, trace);
      return new RasterClient(worker, read);
    } catch (cause) {
      worker.terminate();
      throw cause;
    }
  }

  close(): void {
    this.worker.terminate();
  }

  colour(palette: Palette): void {
    this.send({ do: 'colour', palette });
  }

  /** What the pictures asked for from now on show; their edition is the number returned. */
  show(lines: Uint32Array, folds: Folds, matches: Uint32Array | undefined): number {
    const { closed, apart, equal } = folds;
    const folded = equal !== undefined;
    this.edition++;
    this.send({
      do: 'show',
      shown: { edition: this.edition, lines, closed, apart, folded, matches },
    });
    return this.edition;
  }

  /** Asks for a picture. Of those asked for while one is drawn only the newest will be. */
  paint(canvas: CanvasName, view: RasterView, draw: (picture: Picture) => void): void {
    const own = this.canvases[canvas];
    own.draw = draw;
    if (own.isBusy) own.next = view;
    else this.start(canvas, view);
  }

  /** Gives the memory of a picture that has been drawn back. */
  giveBack(picture: Picture): void {
    if (this.spare.length < 2) this.spare.push(picture.image.data.buffer as ArrayBuffer);
  }

  private start(canvas: CanvasName, view: RasterView): void {
    this.canvases[canvas].isBusy = true;
    const bytes = 4 * view.width * view.height;
    const place = this.spare.findIndex(buffer => buffer.byteLength === bytes);
    const pixels = place === -1 ? undefined : this.spare.splice(place, 1)[0];
    if (place === -1) this.spare.length = 0; // of another size: no longer of use
    this.worker.postMessage(
      { do: 'paint', canvas, view, pixels } satisfies ToWorker,
      pixels ? [pixels] : [],
    );
  }

  private take(answer: FromWorker): void {
    if (answer.is !== 'painted') return;
    const { view, edition, pixels } = answer;
    const own = this.canvases[answer.canvas];
    own.isBusy = false;
    if (own.next) {
      const next = own.next;
      delete own.next;
      this.start(answer.canvas, next);
    }
    performance.measure(`raster ${answer.canvas}`, {
      start: performance.now() - answer.tookMs,
      duration: answer.tookMs,
    });
    const image = new ImageData(new Uint8ClampedArray(pixels), view.width, view.height);
    own.draw?.({ view, edition, image });
  }

  private send(message: ToWorker): void {
    this.worker.postMessage(message);
  }
}

function readBy(worker: Worker, bytes: ArrayBuffer): Promise<TraceColumns> {
  const read = columnsOf(worker);
  worker.postMessage({ do: 'open', bytes } satisfies ToWorker, [bytes]);
  return read;
}

function takenBy(worker: Worker, columns: TraceColumns): Promise<TraceColumns> {
  const taken = columnsOf(worker);
  worker.postMessage({ do: 'take', columns } satisfies ToWorker);
  return taken;
}

function columnsOf(worker: Worker): Promise<TraceColumns> {
  return new Promise((resolve, reject) => {
    worker.onerror = () => reject(new ApiError(0, 'page', 'The drawing worker does not run.'));
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.is === 'columns') resolve(data.columns);
      else if (data.is === 'failed') reject(unexpected(data.message));
    };
  });
}

interface Canvas {
  isBusy?: boolean;
  next?: RasterView;
  draw?: (picture: Picture) => void;
}
