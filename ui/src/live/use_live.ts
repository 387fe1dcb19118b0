import { useEffect, useRef, useState } from 'preact/hooks';
import { number, object } from '../api/shape';
import { traceSummaryShape } from '../api/types';
import { LiveList } from './live_list';
import { openTail } from './open_tail';
import type { ServerEvent } from './server_events';
import { followTail, type TailState } from './tail';

/** What came is drawn this often, however much it is. */
const kDrawMs = 200;
/** Without anything new the strip of rates moves on all the same. */
const kDrawQuietMs = 1000;

const droppedShape = object<{ count: number }>({ count: number });

export interface Live {
  list: LiveList;
  state: TailState;
  /** Why the last event that this page could not read was none; the others go on. */
  unreadable: string | undefined;
  clear: () => void;
  /** Begins anew, after a refusal. */
  retry: () => void;
}

/**
 * Follows what `params` (those of GET /api/clew/v1/tail) ask for. While it is `still` the list does not
 * move; what came meanwhile is in it afterwards.
 */
export function useLive(params: string, still: boolean): Live {
  const [list, setList] = useState(() => new LiveList());
  const [state, setState] = useState<TailState>({ is: 'connecting' });
  const [unreadable, setUnreadable] = useState<string>();
  const [round, setRound] = useState(0);
  const [, setDrawn] = useState(0);
  const isStill = useRef(still);

  useEffect(() => {
    const fresh = new LiveList();
    setList(fresh);
    setUnreadable(undefined);
    let changed = false;
    const stop = followTail(signal => openTail(params, signal), {
      onState: next => {
        if (next.is === 'waiting') fresh.beginGap(Date.now());
        if (next.is === 'open') fresh.endGap(Date.now());
        setState(next);
      },
      onEvent: event => {
        changed = true;
        try {
          takeEvent(fresh, event, isStill.current);
        } catch (cause) {
          setUnreadable(String(cause));
        }
      },
    });
    let drawnMs = 0;
    const timer = setInterval(() => {
      if (!changed && Date.now() - drawnMs < kDrawQuietMs) return;
      changed = false;
      drawnMs = Date.now();
      setDrawn(drawnMs);
    }, kDrawMs);
    return () => {
      stop();
      clearInterval(timer);
    };
  }, [params, round]);

  useEffect(() => {
    isStill.current = still;
    if (!still) list.release();
    setDrawn(n => n + 1);
  }, [still, list]);

  const clear = () => {
    list.clear();
    setDrawn(n => n + 1);
  };
  return { list, state, unreadable, clear, retry: () => setRound(round + 1) };
}

function takeEvent(list: LiveList, event: ServerEvent, still: boolean): void {
  const json: unknown = JSON.parse(event.data);
  if (event.name === 'trace') list.take(traceSummaryShape(json, 'trace'), Date.now(), still);
  if (event.name === 'dropped') list.drop(droppedShape(json, 'dropped').count, Date.now());
}
