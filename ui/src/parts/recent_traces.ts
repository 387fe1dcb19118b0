// The traces looked at last in this browser, for the command palette.
import { array, number, object, string } from '../api/shape';
import { store, stored } from './setting';

export interface RecentTrace {
  traceId: string;
  /** The title its page had. */
  title: string;
  atMs: number;
}

const kKey = 'clew.recentTraces';
const kMost = 20;
const shape = array(object({ traceId: string, title: string, atMs: number }));

/** Newest first. */
export function recentTraces(): RecentTrace[] {
  try {
    return shape(JSON.parse(stored(kKey) ?? '[]'), '');
  } catch {
    return []; // of another version, or somebody else's
  }
}

export function noteTrace(traceId: string, title: string): void {
  const others = recentTraces().filter(trace => trace.traceId !== traceId);
  const noted = [{ traceId, title, atMs: Date.now() }, ...others].slice(0, kMost);
  store(kKey, JSON.stringify(noted));
}
