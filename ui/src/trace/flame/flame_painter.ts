// Draws a flame graph onto a canvas: boxes as pixels, then what needs a font or a line.
import type { TraceColumns } from '../../model/columns';
import { canvasColour } from '../../parts/pixel_colour';
import { nameOfOperation, serviceOfOperation } from '../face_texts';
import type { TimeWindow } from '../faces';
import type { FlameBoxes } from './flame_boxes';
import { flameColours } from './flame_palette';
import { columnAt, drawFlame, drawPath, type FlameColours, type RoomyBox } from './flame_raster';

/** As in trace faces' css: a lane, with the gap below it. */
export const kLanePx = 18;
const kRoomyPx = 34;
const kPadPx = 5;
const kFont = '11px system-ui, sans-serif';

export interface FlamePicture {
  boxes: FlameBoxes;
  window: TimeWindow;
  /** CSS pixels above the window. */
  scrollTop: number;
  /** CSS pixels. */
  width: number;
  height: number;
  active: number;
  hovered: number;
}

/** Owns a canvas; its theme and services never change (make another painter then). */
export class FlamePainter {
  private readonly context: CanvasRenderingContext2D;
  private readonly colours: FlameColours;
  private readonly text: string;
  private readonly focus: string;
  private readonly textWidths = new Map<string, number>();
  private image: ImageData | undefined;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly columns: TraceColumns,
  ) {
    const context = canvas.getContext('2d');
    if (!context) throw new Error('this browser has no 2D canvas');
    this.context = context;
    const at = canvas.parentElement ?? document.body;
    this.colours = flameColours(at, columns.services);
    this.text = canvasColour(at, 'var(--text)');
    this.focus = canvasColour(at, 'var(--focus)');
  }

  draw(picture: FlamePicture): void {
    const { boxes, window } = picture;
    const ratio = devicePixelRatio;
    const image = this.resized(
      Math.round(picture.width * ratio),
      Math.round(picture.height * ratio),
    );
    if (!image) return;
    const view = {
      width: image.width,
      height: image.height,
      from: window.from,
      to: window.to,
      laneHeight: Math.round(kLanePx * ratio),
      top: Math.round((picture.scrollTop / kLanePx) * Math.round(kLanePx * ratio)),
    };
    const pixels = new Uint32Array(image.data.buffer);
    const roomy = drawFlame(
      boxes.flame,
      this.columns.operations.service,
      view,
      this.colours,
      boxes.marks,
      pixels,
      kRoomyPx * ratio,
    );
    if (boxes.path) drawPath(boxes.flame, boxes.path, view, this.colours.path, pixels);
    this.context.putImageData(image, 0, 0);
    this.drawTexts(roomy, boxes, ratio, view.laneHeight);
    const outline = (box: number, width: number) => {
      if (box === -1) return;
      const { flame } = boxes;
      const left = columnAt(view, flame.start[box]!);
      const right = columnAt(view, flame.start[box]! + flame.length[box]!);
      this.context.strokeStyle = this.focus;
      this.context.lineWidth = width * ratio;
      this.context.strokeRect(
        Math.max(-2 * ratio, left),
        flame.lane[box]! * view.laneHeight - view.top,
        Math.min(view.width + 4 * ratio, Math.max(3 * ratio, right - Math.max(-2 * ratio, left))),
        view.laneHeight - 1,
      );
    };
    outline(picture.hovered, 1);
    outline(picture.active, 2);
  }

  /** The pixels to draw on; undefined while there is no room. */
  private resized(width: number, height: number): ImageData | undefined {
    if (width < 1 || height < 1) return undefined;
    if (this.image?.width !== width || this.image.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.image = this.context.createImageData(width, height);
    }
    return this.image;
  }

  private drawTexts(roomy: RoomyBox[], boxes: FlameBoxes, ratio: number, laneHeight: number): void {
    const { context } = this;
    context.save();
    context.scale(ratio, ratio);
    context.font = kFont;
    context.fillStyle = this.text;
    context.textBaseline = 'middle';
    for (const { box, left, right, y } of roomy) {
      const room = (right - left) / ratio - 2 * kPadPx;
      const text = this.fitting(boxes, box, room);
      context.fillText(text, left / ratio + kPadPx, (y + laneHeight / 2) / ratio);
    }
    context.restore();
  }

  /** The name of a box, with its service where there is room, cut where there is not. */
  private fitting(boxes: FlameBoxes, box: number, room: number): string {
    const operation = boxes.flame.operation[box]!;
    // Beside the red foot: a failure is told without its colour.
    const mark = boxes.hasFailed(box) ? '✕ ' : '';
    const name = mark + nameOfOperation(this.columns, operation);
    const both = `${name}  ·  ${serviceOfOperation(this.columns, operation)}`;
    if (this.widthOf(both) <= room) return both;
    const width = this.widthOf(name);
    if (width <= room) return name;
    const kept = Math.floor((name.length * room) / width) - 1;
    return kept < 2 ? '' : `${name.slice(0, kept)}…`;
  }

  private widthOf(text: string): number {
    let width = this.textWidths.get(text);
    if (width === undefined) {
      width = this.context.measureText(text).width;
      this.textWidths.set(text, width);
    }
    return width;
  }
}
