// What both layouts of the map give: where services stand, and where their edges run.

/** Room for a service's box; positions are of its middle. */
export const kBoxWidth = 168;
export const kBoxHeight = 30;
/** So many edges at most have their numbers written on them. */
export const kFewEdges = 16;

export interface LayoutEdge {
  from: number;
  to: number;
}

export interface Layout {
  /** By service. */
  x: Float64Array;
  y: Float64Array;
  /** By edge: the points it runs over, from border to border, as x, y, x, y …; none: straight. */
  bends: number[][];
}
