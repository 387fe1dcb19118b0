import { ErrorCount, plural, ServicePill, Swatch } from '../parts/service_pill';
import { linkTo, tracePath } from '../router';
import { formatDuration } from '../text/duration';
import { formatClock, formatTime } from '../text/time';
import type { Gap, LiveTrace } from './live_list';

const kMostPills = 3;
/** A row that changed is marked for so long. */
const kFreshMs = 1500;

interface Props {
  row: LiveTrace;
  nowMs: number;
}

export function LiveTraceRow({ row, nowMs }: Props) {
  const { trace, firstMs, lastMs, firstSpans } = row;
  const grown = trace.spanCount - firstSpans;
  const services = [...trace.services].sort((a, b) => b.spanCount - a.spanCount);
  const unshown = services.length - kMostPills;
  return (
    <li>
      <a
        class="live-trace"
        href={linkTo(`${tracePath(trace.traceId)}?follow=true`)}
        data-failed={trace.errorCount > 0}
        data-fresh={nowMs - lastMs < kFreshMs}
      >
        <time
          dateTime={new Date(firstMs).toISOString()}
          title={`Came at ${formatClock(firstMs)}; began ${formatTime(BigInt(trace.startUs))}`}
        >
          {formatClock(firstMs)}
        </time>
        <span class="live-title">
          <Swatch service={trace.rootService} />
          <b>{trace.rootService || 'unknown service'}</b>
          <span class="live-operation">{trace.rootOperation}</span>
          {trace.rootMissing && (
            <span class="tag-warning" title="The span that began this trace was not received (yet)">
              root missing
            </span>
          )}
        </span>
        <span class="live-duration">{formatDuration(trace.durationUs * 1000)}</span>
        <span class="live-spans">
          {plural(trace.spanCount, 'span')}
          {grown > 0 && (
            <b class="live-grown" title={`Since ${formatClock(firstMs)}`}>
              {' '}
              +{grown.toLocaleString('en')}
            </b>
          )}
        </span>
        <span class="live-errors">
          {trace.errorCount > 0 && <ErrorCount count={trace.errorCount} />}
        </span>
        <span class="live-services">
          {services.slice(0, kMostPills).map(count => (
            <ServicePill key={count.name} count={count} />
          ))}
          {unshown > 0 && (
            <span
              class="dim"
              title={services
                .slice(kMostPills)
                .map(({ name }) => name)
                .join(', ')}
            >
              +{unshown}
            </span>
          )}
        </span>
      </a>
    </li>
  );
}

export function GapRow({ gap, nowMs }: { gap: Gap; nowMs: number }) {
  const seconds = Math.round(((gap.toMs ?? nowMs) - gap.fromMs) / 1000);
  const lasted = formatDuration(Math.max(1, seconds) * 1e9);
  return (
    <li class="live-gap">
      {gap.toMs === undefined
        ? `Not connected for ${lasted}`
        : `Not connected for ${lasted}, from ${formatClock(gap.fromMs)} to ${formatClock(gap.toMs)}: what came then is not here. `}
      {gap.toMs !== undefined && (
        <a
          href={linkTo(
            `/search?${new URLSearchParams({
              start: String((gap.fromMs - 2000) * 1000),
              end: String(gap.toMs * 1000),
            })}`,
          )}
        >
          Search that time
        </a>
      )}
    </li>
  );
}
