// Where addresses of other UIs lead: bookmarks and links in tickets outlive the tool they were made for.
// What Jaeger's /search says is read by Explore itself.
import { formatTags, type Tag } from './text/logfmt';
import { parseTraceId } from './text/trace_id';

/** The path of ours for a path of Jaeger's UI or of Zipkin's; undefined for one that is ours already. */
export function landingPath(url: URL): string | undefined {
  const path = url.pathname.replace(/(?!^)\/+$/, '');
  const [, ui, rest = ''] = /^\/(jaeger\/ui|zipkin)(\/.*)?$/.exec(path) ?? [];
  if (ui === 'zipkin') return fromZipkin(rest, url.searchParams);
  if (ui === undefined) return fromJaeger(path, url.searchParams);
  const inner = rest === '' ? '/search' : rest;
  return fromJaeger(inner, url.searchParams) ?? inner + url.search;
}

function fromJaeger(path: string, params: URLSearchParams): string | undefined {
  if (path === '/dependencies') return '/services?view=map';
  if (path === '/monitor') return pathOf('/services', { service: params.get('service') ?? '' });
  const [onlyTrace, ...more] = params.getAll('traceID');
  if (path === '/search' && onlyTrace !== undefined && more.length === 0) {
    return `/trace/${wholeId(onlyTrace)}`;
  }
  const [, a, b] = /^\/trace\/([0-9a-f]+)\.\.\.([0-9a-f]+)$/i.exec(path) ?? [];
  if (a !== undefined && b !== undefined) {
    return pathOf('/compare', { a: wholeId(a), b: wholeId(b) });
  }
  const [, traceId] = /^\/trace\/([0-9a-f]+)$/i.exec(path) ?? [];
  return traceId === undefined ? undefined : fromJaegerTrace(traceId, params);
}

function fromJaegerTrace(traceId: string, params: URLSearchParams): string | undefined {
  const find = params.get('uiFind')?.trim();
  const whole = wholeId(traceId);
  if (find === undefined && whole.endsWith(traceId.toLowerCase()) && traceId.length >= 16) {
    return undefined;
  }
  const own = new URLSearchParams(params);
  own.delete('uiFind');
  // Jaeger's links to a span are a search for its ID.
  if (find) own.set(/^[0-9a-f]{16}$/i.test(find) ? 'span' : 'find', find);
  return pathOf(`/trace/${whole}`, Object.fromEntries(own));
}

function fromZipkin(path: string, params: URLSearchParams): string {
  const traceId = /^\/traces?\/([^/]+)$/.exec(path)?.[1];
  if (traceId !== undefined) return `/trace/${wholeId(traceId)}`;
  if (path === '/dependency') return '/services?view=map';
  const annotations = (params.get('annotationQuery') ?? '').split(/ and /i);
  return pathOf('/search', {
    service: params.get('serviceName') ?? '',
    operation: params.get('spanName') ?? '',
    tags: formatTags(annotations.flatMap(annotationTag)),
    minDuration: zipkinDuration(params.get('minDuration') ?? ''),
    maxDuration: zipkinDuration(params.get('maxDuration') ?? ''),
    ...zipkinTime(params.get('lookback') ?? '', params.get('endTs') ?? ''),
    limit: params.get('limit') ?? '',
  });
}

/** Zipkin has milliseconds: `range:from-to`, or `15m` or `millis:n` before `endTs` or now. */
function zipkinTime(lookback: string, endTs: string): Record<string, string> {
  const [, from, to] = /^range:(\d{1,13})-(\d{1,13})$/.exec(lookback) ?? [];
  if (from !== undefined && to !== undefined) return { start: `${from}000`, end: `${to}000` };
  const lengthMs = lookbackMs(lookback);
  if (lengthMs === undefined) return {};
  if (/^\d{1,13}$/.test(endTs)) {
    return { start: `${Number(endTs) - lengthMs}000`, end: `${endTs}000` };
  }
  return { lookback: `${Math.ceil(lengthMs / 1000)}s` };
}

function lookbackMs(text: string): number | undefined {
  const [, count, unit] = /^(?:millis:)?(\d{1,13})(s|m|h|d|)$/.exec(text) ?? [];
  const size = { '': 1, s: 1e3, m: 60e3, h: 3600e3, d: 86400e3 }[unit ?? '-'];
  return size === undefined ? undefined : Number(count) * size;
}

/** Microseconds, unless it names a unit. */
function zipkinDuration(text: string): string {
  return /^\d+$/.test(text) ? `${text}us` : text;
}

/** `key=value`, or a key alone: `error` is the only one that says something without a value. */
function annotationTag(text: string): Tag[] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text.trim()) ?? [];
  if (key !== undefined && value !== undefined) return [[key, value]];
  return text.trim() === 'error' ? [['error', 'true']] : [];
}

/** Jaeger and Zipkin drop zeros at the front of an ID. */
function wholeId(id: string): string {
  return parseTraceId(id.length > 16 ? id.padStart(32, '0') : id.padStart(16, '0')) ?? id;
}

function pathOf(path: string, params: Record<string, string>): string {
  const given = Object.entries(params).filter(([, value]) => value !== '');
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
