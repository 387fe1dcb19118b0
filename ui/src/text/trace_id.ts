/**
 * The trace ID in what somebody pasted: 32 or 16 hex digits (any case, dashes as in a UUID, `0x`), or a
 * W3C traceparent, with or without its header name; or whole headers with one of them among the others;
 * as 32 lower-case digits. Null if there is none.
 */
export function parseTraceId(pasted: string): string | null {
  const text = pasted
    .trim()
    .toLowerCase()
    .replace(/^["']|["']$/g, '');
  const parent = /^(?:traceparent\s*[:=]\s*)?[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;
  const found = parent.exec(text)?.[1] ?? bareId(text) ?? idInHeaders(text);
  return found === null || /^0+$/.test(found) ? null : found;
}

function bareId(text: string): string | null {
  const digits = text
    .replace(/^(x-)?trace-?id\s*[:=]\s*/, '')
    .replace(/^0x/, '')
    .replace(/-/g, '');
  // 64-bit IDs (Zipkin's) are 128-bit ones whose first half is zero.
  return /^([0-9a-f]{16}|[0-9a-f]{32})$/.test(digits) ? digits.padStart(32, '0') : null;
}

const kMostHeaders = 64 << 10;

/** In `x-trace-id: …`, `X-B3-TraceId: …` or `traceparent: …` of a line, as `curl -v` and browsers show them. */
function idInHeaders(text: string): string | null {
  if (text.length > kMostHeaders || /[{}]/.test(text)) return null; // JSON, or a query
  const parent = /(?:^|[\s'"])traceparent:\s*[0-9a-f]{2}-([0-9a-f]{32})-/m.exec(text)?.[1];
  const named = /(?:^|[\s'"])x-(?:b3-)?trace-?id:\s*([0-9a-f]{32}|[0-9a-f]{16})(?![0-9a-f])/m;
  return parent ?? named.exec(text)?.[1]?.padStart(32, '0') ?? null;
}
