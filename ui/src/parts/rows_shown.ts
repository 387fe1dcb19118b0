// How much of a long table is drawn, as URLs keep it.

/** More are not drawn at once, whatever an address says: the browser would stand still. */
export const kMostShown = 20_000;

/** Rows that were wished for; 0: as many as the table draws at first. */
export function readShown(text: string | null): number {
  const rows = Number(text ?? 0);
  return Number.isInteger(rows) && rows > 0 ? Math.min(rows, kMostShown) : 0;
}

/** Writes what readShown() reads. */
export function writeShown(rows: number, params: URLSearchParams, name = 'shown'): void {
  if (rows === 0) params.delete(name);
  else params.set(name, String(rows));
}
