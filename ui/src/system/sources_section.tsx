import { get } from '../api/client';
import { metricsShape } from '../api/metrics';
import { useAnswer } from '../parts/use_answer';
import { linkTo } from '../router';
import { formatTags, type Tag } from '../text/logfmt';
import { formatCount, formatRate } from '../text/quantity';
import {
  kMissedMinutes,
  kSourceMinutes,
  kSourceQuery,
  nameOf,
  sourcesOf,
  type Source,
} from './sources';

const kMostRows = 200;

/** Who sends spans, and who did and has stopped. `minute` changes when it is time to ask again. */
export function SourcesSection({ minute }: { minute: number }) {
  const answer = useAnswer(`sources#${minute}`, async signal => {
    const endUs = Date.now() * 1000;
    const params = new URLSearchParams({
      q: kSourceQuery,
      start: String(endUs - kSourceMinutes * 60e6),
      end: String(endUs),
      step: '1m',
    });
    const counted = await get(`/api/clew/v1/metrics?${params}`, metricsShape, signal);
    return { sources: sourcesOf(counted), complete: counted.complete };
  });
  const sources = answer.value?.sources ?? [];
  const missed = sources.filter(source => source.silentMinutes >= kMissedMinutes);
  return (
    <section>
      <h2>Who sends</h2>
      <p class="dim">
        By the host and place that agents stamp on what they pass on, of the last {kSourceMinutes}{' '}
        minutes: also of those that do not report how they are. What an agent drops is on its own
        status page, port 13133 unless it says otherwise.
      </p>
      {answer.error && (
        <p class="notice failed" role="alert">
          {answer.error.message}
        </p>
      )}
      {answer.value && !answer.value.complete && (
        <p class="notice">Counting them took too long: there may be more than these.</p>
      )}
      {missed.length > 0 && (
        <p class="notice">
          {formatCount(missed.length)} sent spans in the last {kSourceMinutes} minutes and have been
          silent for {kMissedMinutes} or more: is the agent there up, and does it reach this store?
        </p>
      )}
      {sources.length === 0 && answer.state === 'ready' && (
        <p class="dim">Nobody has sent a span in that time.</p>
      )}
      {sources.length > 0 && <SourcesTable sources={sources} />}
      {sources.length > kMostRows && (
        <p class="dim">{formatCount(sources.length - kMostRows)} more, which send less.</p>
      )}
    </section>
  );
}

function SourcesTable({ sources }: { sources: readonly Source[] }) {
  return (
    <table class="system-table">
      <thead>
        <tr>
          <th scope="col">host</th>
          <th scope="col">edge</th>
          <th scope="col">core location</th>
          <th scope="col">datacenter</th>
          <th scope="col">spans</th>
          <th scope="col">silent for</th>
        </tr>
      </thead>
      <tbody>
        {sources.slice(0, kMostRows).map(source => {
          const { host, edge, coreLocation, datacenter, perSecond, silentMinutes } = source;
          const isMissed = silentMinutes >= kMissedMinutes;
          return (
            <tr key={[host, edge, coreLocation, datacenter].join('\n')}>
              <th scope="row">
                <TracesOf source={source} />
              </th>
              <td>{edge}</td>
              <td>{coreLocation}</td>
              <td>{datacenter}</td>
              <td>{formatRate(perSecond)}</td>
              <td class={isMissed ? 'system-bad' : ''}>
                {silentMinutes === 0 ? '–' : `${silentMinutes} min`}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Its name, as a link to its traces if it has tags to look for. */
function TracesOf({ source }: { source: Source }) {
  const tags: Tag[] = [
    ['host.name', source.host],
    ['clew.edge', source.edge],
    ['clew.core_location', source.coreLocation],
    ['clew.datacenter', source.datacenter],
  ];
  const known = tags.filter(([, value]) => value !== '');
  if (known.length === 0) return <span class="dim">no place is stamped</span>;
  return (
    <a href={linkTo(`/search?${new URLSearchParams({ tags: formatTags(known) })}`)}>
      {nameOf(source)}
    </a>
  );
}
