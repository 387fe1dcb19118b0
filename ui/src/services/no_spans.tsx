import { linkTo } from '../router';

interface Props {
  /** What is missing are calls, not spans. */
  calls?: boolean;
  onWiden: () => void;
}

/** Nothing to count: says what to do about it. */
export function NoSpans({ calls = false, onWiden }: Props) {
  return (
    <div class="notice-page">
      <h2>{calls ? 'No calls between services in this time' : 'No spans in this time'}</h2>
      <p>
        {calls
          ? 'A call is a span whose parent belongs to another service. Both must have been received.'
          : 'Services are listed once they have sent spans.'}
      </p>
      <p class="choices">
        <button type="button" class="button primary" onClick={onWiden}>
          Look at the last 7 days
        </button>{' '}
        <a class="button" href={linkTo('/search')}>
          How to send spans
        </a>
      </p>
    </div>
  );
}
