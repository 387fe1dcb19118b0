// The one place that talks to the server.
import { kColumnsType } from '../model/columns';
import { linkTo } from '../router';
import { uploadedTrace } from '../upload/uploaded';
import { ShapeError, type Shape } from './shape';
import {
  errorShape,
  foundSpansShape,
  operationsShape,
  servicesShape,
  someSpansShape,
  traceShape,
  type FoundSpans,
  type Operation,
  type SomeSpans,
  type Trace,
} from './types';

/** Why a request gave no answer. `status` is 0 when no HTTP answer came at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export async function fetchServices(signal: AbortSignal): Promise<string[]> {
  return (await get('/api/clew/v1/services', servicesShape, signal)).services;
}

/** Operations of `service`, or of all services when it is empty. */
export async function fetchOperations(service: string, signal: AbortSignal): Promise<Operation[]> {
  const query = service === '' ? '' : `?${new URLSearchParams({ service })}`;
  return (await get(`/api/clew/v1/operations${query}`, operationsShape, signal)).operations;
}

/** Of the server, unless it was opened from a file. */
export async function fetchTrace(traceId: string, signal: AbortSignal): Promise<Trace> {
  const opened = uploadedTrace(traceId);
  return opened ?? withIndexesChecked(await get(pathOfTrace(traceId), traceShape, signal));
}

/** Some spans of a trace: rows of its columns, or the one with an ID. */
export async function fetchSpans(
  traceId: string,
  wanted: { from: number; count: number } | { span: string; count: number },
  signal: AbortSignal,
): Promise<SomeSpans> {
  const params = Object.entries(wanted).map(([name, value]) => [name, String(value)]);
  const path = `${pathOfTrace(traceId)}/spans?${new URLSearchParams(params)}`;
  return withIndexesChecked(await get(path, someSpansShape, signal));
}

/** The rows of those spans of a trace that have all words of the text in what they say. */
export async function fetchFound(
  traceId: string,
  text: string,
  signal: AbortSignal,
): Promise<FoundSpans> {
  const path = `${pathOfTrace(traceId)}/find?${new URLSearchParams({ text })}`;
  return get(path, foundSpansShape, signal);
}

function pathOfTrace(traceId: string): string {
  return `/api/clew/v1/traces/${encodeURIComponent(traceId)}`;
}

/** The shapes cannot see across fields. */
function withIndexesChecked<T extends Pick<Trace, 'spans' | 'resources' | 'scopes'>>(trace: T): T {
  trace.spans.forEach((span, i) => {
    if (!trace.resources[span.resource]) {
      throw unexpected(`spans[${i}].resource: no resource ${span.resource}`);
    }
    if (!trace.scopes[span.scope]) throw unexpected(`spans[${i}].scope: no scope ${span.scope}`);
  });
  return trace;
}

/** A trace's columns as bytes; model/read_columns.ts reads them. */
export async function fetchColumns(traceId: string, signal: AbortSignal): Promise<ArrayBuffer> {
  const path = `${pathOfTrace(traceId)}/columns`;
  const [response, body] = await ask(path, kColumnsType, signal, answer => answer.arrayBuffer());
  if (!response.ok) throw failure(response, parseJson(new TextDecoder().decode(body)));
  return body;
}

/** Asks a path of the API; what is not of `shape` is an ApiError. */
export async function get<T>(url: string, shape: Shape<T>, signal: AbortSignal): Promise<T> {
  const [response, body] = await ask(url, 'application/json', signal, answer => answer.text());
  const json = parseJson(body);
  if (!response.ok) throw failure(response, json);
  if (json === undefined) throw unexpected('the body is not JSON');
  try {
    return shape(json, '');
  } catch (cause) {
    if (cause instanceof ShapeError) throw unexpected(cause.message);
    throw cause;
  }
}

async function ask<T>(
  url: string,
  accept: string,
  signal: AbortSignal,
  read: (response: Response) => Promise<T>,
): Promise<[Response, T]> {
  try {
    const response = await fetch(linkTo(url), { signal, headers: { accept } });
    return [response, await read(response)];
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ApiError(0, 'unreachable', 'The server did not answer. Is clew still running?');
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // the caller tells this from an answer: JSON has no undefined
  }
}

function failure(response: Response, json: unknown): ApiError {
  try {
    const { error } = errorShape(json, '');
    return new ApiError(response.status, error.code, error.message);
  } catch {
    // Not clew's own error body: a proxy in between, most likely. Its status is what we know.
    return new ApiError(response.status, 'http', `HTTP ${response.status} ${response.statusText}`);
  }
}

/** The server answered, and not what its API promises. */
export function unexpected(what: string): ApiError {
  return new ApiError(200, 'unexpected_answer', `The server's answer has an unknown form: ${what}`);
}
