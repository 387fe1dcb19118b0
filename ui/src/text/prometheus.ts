// Reading the Prometheus text format, as far as counters and gauges go.

export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

const kLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const kLabel = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const kEscapes: Readonly<Record<string, string>> = { n: '\n', '\\': '\\', '"': '"' };

/** All samples of a text; lines that are none are passed over. */
export function parseMetrics(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const parts = line.startsWith('#') ? null : kLine.exec(line);
    const value = Number(parts?.[3]);
    if (!parts || Number.isNaN(value)) continue;
    const labels: Record<string, string> = {};
    for (const [, name, text] of (parts[2] ?? '').matchAll(kLabel)) {
      labels[name!] = text!.replace(/\\(.)/g, (_, c: string) => kEscapes[c] ?? c);
    }
    samples.push({ name: parts[1]!, labels, value });
  }
  return samples;
}

/** The sum of a metric over the series that have these labels. */
export function total(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  let sum = 0;
  for (const sample of samples) {
    if (sample.name !== name) continue;
    if (Object.entries(labels).every(([key, value]) => sample.labels[key] === value)) {
      sum += sample.value;
    }
  }
  return sum;
}
