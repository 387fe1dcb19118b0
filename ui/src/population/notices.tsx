import { WarningIcon } from '../parts/icons';
import { plural } from '../parts/service_pill';
import type { Population } from './answer';
import { whole } from './say';

/** What the reader must know before trusting the picture; `of` says which of several it is about. */
export function Notices({ population, of = '' }: { population: Population; of?: string }) {
  const { complete, more, cutSpans, notFound, traces } = population;
  const said = [
    !complete &&
      'Not everything could be read before the time was over, or a limit or damage came first: there are more traces or spans than these. A shorter time range or a narrower query helps.',
    more && `These are the newest ${whole(traces)}; older ones may match as well.`,
    cutSpans.nodes > 0 &&
      `${plural(cutSpans.nodes, 'span')} in no frame, because there are more kinds of calls than are kept. Their time on the critical path is counted with the call above them.`,
    cutSpans.depth > 0 &&
      `${plural(cutSpans.depth, 'span')} in no frame, because too many calls are above them.`,
    notFound.length > 0 && `Not stored here: ${notFound.join(', ')}`,
  ].filter(text => text !== false);
  return (
    <>
      {said.map(text => (
        <p key={text} class="notice">
          <WarningIcon />
          <span>
            {of !== '' && <b>{of}: </b>}
            {text}
          </span>
        </p>
      ))}
    </>
  );
}
