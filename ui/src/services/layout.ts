// What both layouts of the map give: where services stand, and where their edges run.

/** Room for a service's box; positions are of its middle. */
export const kBoxWidth = 168;
export const kBoxHeight = 30;

export interface LayoutEdge {
  from: number;
  to: number;
}

export interface Layout {
  /** By service. */
  x: Float64Array;
  y: Float64Array;
  /** By edge: points that it passes between its ends, as x, y, x, y … */
  bends: number[][];
}
