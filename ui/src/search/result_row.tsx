import type { TraceSummary } from '../api/types';
import { ErrorCount, plural, ServicePill, Swatch } from '../parts/service_pill';
import { When } from '../parts/when';
import { linkTo, tracePath } from '../router';
import { formatDuration } from '../text/duration';

const kMostPills = 8;

export function ResultRow({ trace, longestUs }: { trace: TraceSummary; longestUs: number }) {
  const share = (trace.durationUs / longestUs) * 100;
  const services = [...trace.services].sort((a, b) => b.spanCount - a.spanCount);
  const unshown = services.length - kMostPills;
  return (
    <li>
      <a class="result" href={linkTo(tracePath(trace.traceId))} data-failed={trace.errorCount > 0}>
        <span class="result-title">
          <Swatch service={trace.rootService} />
          <span class="result-service">{trace.rootService || 'unknown service'}</span>
          <span class="result-operation">{trace.rootOperation}</span>
          {trace.rootMissing && (
            <span class="tag-warning" title="The span that began this trace was not received">
              root missing
            </span>
          )}
        </span>
        <span class="result-when">
          <When timeUs={BigInt(trace.startUs)} />
        </span>
        <span class="result-duration">
          <span class="duration-bar" style={{ width: `${share.toFixed(2)}%` }} aria-hidden="true" />
          <span class="duration-text">{formatDuration(trace.durationUs * 1000)}</span>
        </span>
        <span class="result-facts">
          <span class="span-count">{plural(trace.spanCount, 'span')}</span>
          {trace.errorCount > 0 && <ErrorCount count={trace.errorCount} />}
        </span>
        <span class="result-services">
          {services.slice(0, kMostPills).map(count => (
            <ServicePill key={count.name} count={count} />
          ))}
          {unshown > 0 && <span class="dim">and {unshown} more</span>}
        </span>
      </a>
    </li>
  );
}
