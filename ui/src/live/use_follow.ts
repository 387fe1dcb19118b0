import { useEffect, useState } from 'preact/hooks';
import { traceSummaryShape } from '../api/types';
import { openTail } from './open_tail';
import { followTail, type TailState } from './tail';

export interface Followed {
  state: TailState;
  /** How often spans of the trace have come since following began: whoever shows it loads it again. */
  round: number;
  /** How many spans it has by the last of them; undefined before. */
  spanCount: number | undefined;
}

/**
 * Hears of new spans of one trace, about a second after they were stored and at most once a second. With
 * an empty ID it follows nothing. After a connection that was lost `round` goes on by one as well: spans
 * may have come meanwhile.
 */
export function useFollow(traceId: string): Followed {
  const [followed, setFollowed] = useState<Followed>(kNothing);
  useEffect(() => {
    setFollowed(kNothing);
    if (traceId === '') return;
    let opened = 0;
    const params = new URLSearchParams({ traceId, rate: '1' }).toString();
    return followTail(signal => openTail(params, signal), {
      onState: state => {
        const isBack = state.is === 'open' && opened++ > 0;
        setFollowed(last => ({ ...last, state, round: last.round + (isBack ? 1 : 0) }));
      },
      onEvent: ({ name, data }) => {
        if (name !== 'trace') return;
        const { spanCount } = traceSummaryShape(JSON.parse(data), 'trace');
        setFollowed(last => ({ ...last, round: last.round + 1, spanCount }));
      },
    });
  }, [traceId]);
  return followed;
}

const kNothing: Followed = { state: { is: 'connecting' }, round: 0, spanCount: undefined };
