/**
 * The trace ID in what somebody pasted: 32 or 16 hex digits (any case, dashes as in a UUID, `0x`), or a
 * W3C traceparent, with or without its header name; as 32 lower-case digits. Null if there is none.
 */
export function parseTraceId(pasted: string): string | null {
  const text = pasted
    .trim()
    .toLowerCase()
    .replace(/^["']|["']$/g, '');
  const parent = /^(?:traceparent\s*[:=]\s*)?[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;
  const found = parent.exec(text)?.[1] ?? bareId(text);
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
