// Durations, as people read them and as Go writes them (which is what the search API takes).

const kUnitsNs: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3, // U+00B5, the micro sign
  μs: 1e3, // U+03BC, the Greek letter
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Three significant digits and the unit that suits: "873 ns", "1.24 ms", "2.5 s", "3 min 20 s". */
export function formatDuration(ns: number): string {
  const sign = ns < 0 ? '−' : '';
  const size = Math.abs(ns);
  if (size < 999.5) return `${sign}${Math.round(size)} ns`;
  if (size < 999.5e3) return `${sign}${significant(size / 1e3)} µs`;
  if (size < 999.5e6) return `${sign}${significant(size / 1e6)} ms`;
  if (size < 59.95e9) return `${sign}${significant(size / 1e9)} s`;
  const seconds = Math.round(size / 1e9);
  if (seconds < 3600) return sign + twoUnits(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return sign + twoUnits(minutes, 60, 'h', 'min');
  return sign + twoUnits(Math.round(minutes / 60), 24, 'd', 'h');
}

/** As formatDuration, with the microseconds behind it where that rounds: "12.3 ms (12,345 µs)". */
export function exactDuration(ns: number): string {
  const short = formatDuration(ns);
  if (Math.abs(ns) < 1e6) return short;
  return `${short} (${Math.round(ns / 1e3).toLocaleString('en')} µs)`;
}

/** Nanoseconds of a Go duration such as "100ms" or "1m30.5s", or null if it is none. */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  if (!/^(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/.test(trimmed)) return null;
  let ns = 0;
  let end = 0;
  for (const part of trimmed.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    if (part.index !== end) return null;
    end += part[0].length;
    ns += Number(part[1]) * (kUnitsNs[part[2] ?? ''] ?? NaN);
  }
  return end === trimmed.length ? ns : null;
}

function significant(value: number): string {
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return String(Number(value.toFixed(digits)));
}

function twoUnits(total: number, base: number, big: string, small: string): string {
  const rest = total % base;
  return `${Math.floor(total / base)} ${big}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}
