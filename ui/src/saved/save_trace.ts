// Makes one HTML file of a trace: the page's own code, and what it would ask a server for.
import { scriptUrl, styleUrl } from 'virtual:saved-page';
import { fetchColumns } from '../api/client';
import type { TraceColumns } from '../model/columns';
import { nameOfOperation, serviceOfOperation } from '../trace/face_texts';
import { linkTo } from '../router';
import { kMostSpans, type FullSpan, type SpanSource } from '../trace/span_source';
import { packSpans, toText, type SavedTrace } from './packed';
import { htmlOf } from './saved_html';

/** Of larger traces only the shape is saved: attributes would make a file of some hundred megabytes. */
export const kMostSavedSpans = 50_000;

/** The HTML. `onProgress` is told how much is there, 0 to 1. Throws if something cannot be fetched. */
export async function savedHtml(
  columns: TraceColumns,
  source: SpanSource,
  signal: AbortSignal,
  onProgress: (part: number) => void,
): Promise<string> {
  const [script, style, shape] = await Promise.all([
    fetchText(scriptUrl, signal),
    fetchText(styleUrl, signal),
    fetchColumns(columns.traceId, signal),
  ]);
  const trace: SavedTrace = {
    traceId: columns.traceId,
    savedAtMs: Date.now(),
    columns: await toText(shape),
    spans: await spansText(columns, source, signal, onProgress),
  };
  return htmlOf(titleOf(columns), location.origin + linkTo(''), trace, script, style);
}

async function spansText(
  columns: TraceColumns,
  source: SpanSource,
  signal: AbortSignal,
  onProgress: (part: number) => void,
): Promise<string> {
  if (columns.count > kMostSavedSpans) return '';
  const spans: FullSpan[] = [];
  while (spans.length < columns.count) {
    const page = await source.fetch(spans.length, kMostSpans, signal);
    if (page.length === 0) throw new Error(`The server has no spans after ${spans.length}.`);
    spans.push(...page);
    onProgress(spans.length / columns.count);
  }
  return toText(JSON.stringify(packSpans(spans)));
}

async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`HTTP ${response.status} for ${url}`);
  return response.text();
}

function titleOf(columns: TraceColumns): string {
  if (columns.count === 0) return `Trace ${columns.traceId}`;
  const root = columns.operation[0]!;
  return `${serviceOfOperation(columns, root)} ${nameOfOperation(columns, root)}`;
}
