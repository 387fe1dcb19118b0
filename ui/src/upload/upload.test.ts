import { describe, expect, it } from 'vitest';
import type { Span } from '../api/types';
import { Flag } from '../model/columns';
import { readTraces } from './read_traces';
import { columnsOfTrace } from './trace_columns';

const kTrace = '4bf92f3577b34da6a3ce929d0e0e4736';

function read(json: unknown) {
  const result = readTraces(typeof json === 'string' ? json : JSON.stringify(json));
  if (!result.ok) throw new Error(result.message);
  return result;
}

const otlp = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          scope: { name: 'lib', version: '1' },
          spans: [
            {
              traceId: kTrace.toUpperCase(),
              spanId: '00f067aa0ba902b7',
              name: 'GET /',
              kind: 2,
              startTimeUnixNano: '1700000000123456789',
              endTimeUnixNano: '1700000000123457789',
              attributes: [
                { key: 'n', value: { intValue: '9223372036854775807' } },
                { key: 'list', value: { arrayValue: { values: [{ boolValue: true }] } } },
              ],
              events: [{ timeUnixNano: '1700000000123456799', name: 'retry' }],
              status: { code: 'STATUS_CODE_ERROR', message: 'no' },
            },
            {
              traceId: 'S/kvNXezTaajzpKdDg5HNg==',
              spanId: 'APBnqgupArg=',
              parentSpanId: 'APBnqgupArc=',
              name: 'call',
              kind: 'SPAN_KIND_CLIENT',
              startTimeUnixNano: '1700000000123456800',
            },
          ],
        },
      ],
    },
  ],
};

describe('a file with traces', () => {
  it('may be OTLP, with IDs in hex or base64 and every digit of its times', () => {
    const { format, traces } = read(otlp);
    expect(format).toBe('OTLP');
    expect(traces).toHaveLength(1);
    expect(traces[0]).toMatchObject({
      traceId: kTrace,
      startNs: 1700000000123456789n,
      resources: [{ service: 'shop' }],
      scopes: [{ name: 'lib', version: '1' }],
    });
    expect(traces[0]?.spans[0]).toMatchObject({
      kind: 'server',
      durationNs: 1000,
      status: { code: 'error', message: 'no' },
      attributes: [
        { key: 'n', type: 'int64', value: '9223372036854775807' },
        { key: 'list', type: 'array', value: [true] },
      ],
      events: [{ timeNs: 10, name: 'retry' }],
    });
    expect(traces[0]?.spans[1]).toMatchObject({ parentId: '00f067aa0ba902b7', kind: 'client' });
    expect(
      read(`${JSON.stringify(otlp)}\n${JSON.stringify(otlp)}\n`).traces[0]?.spans,
    ).toHaveLength(4);
    expect(read({ batches: otlp.resourceSpans }).traces).toHaveLength(1);
    expect(read({ result: otlp }).traces).toHaveLength(1);
  });

  it("may be Jaeger's", () => {
    const span = {
      traceID: kTrace.slice(16),
      spanID: 'b7',
      operationName: 'GET /',
      startTime: 1700000000123456,
      duration: 5,
      processID: 'p1',
      references: [],
      tags: [
        { key: 'span.kind', type: 'string', value: 'server' },
        { key: 'error', type: 'bool', value: true },
        { key: 'code', type: 'int64', value: 503 },
      ],
      logs: [{ timestamp: 1700000000123457, fields: [{ key: 'event', value: 'retry' }] }],
    };
    const child = {
      ...span,
      spanID: 'b8',
      references: [{ refType: 'CHILD_OF', traceID: span.traceID, spanID: 'b7' }],
    };
    const { format, traces } = read({
      data: [
        {
          traceID: span.traceID,
          spans: [child, span],
          processes: { p1: { serviceName: 'shop', tags: [] } },
        },
      ],
    });
    expect(format).toBe('Jaeger');
    expect(traces[0]?.traceId).toBe(`${'0'.repeat(16)}${kTrace.slice(16)}`);
    expect(traces[0]?.spans.map(({ parentId }) => parentId).sort()).toEqual([
      '',
      '00000000000000b7',
    ]);
    expect(traces[0]?.spans[0]).toMatchObject({
      kind: 'server',
      durationNs: 5000,
      status: { code: 'error' },
      events: [{ timeNs: 1000, name: 'retry' }],
    });
    expect(traces[0]?.spans[0]?.attributes).toContainEqual({
      key: 'code',
      type: 'int64',
      value: '503',
    });
  });

  it("may be Zipkin's, whose calls have one ID for both halves", () => {
    const base = {
      traceId: kTrace,
      id: 'b7',
      name: 'get',
      timestamp: 1700000000000000,
      duration: 9,
    };
    const { format, traces } = read([
      [
        { ...base, kind: 'CLIENT', localEndpoint: { serviceName: 'edge' } },
        {
          ...base,
          kind: 'SERVER',
          shared: true,
          tags: { error: 'no' },
          localEndpoint: { serviceName: 'shop' },
        },
      ],
    ]);
    expect(format).toBe('Zipkin');
    const [client, server] = traces[0]?.spans ?? [];
    expect(server?.parentId).toBe(client?.spanId);
    expect(server?.status.code).toBe('error');
    expect(traces[0]?.resources.map(({ service }) => service)).toEqual(['edge', 'shop']);
  });

  it('says what is wrong with any other', () => {
    for (const [text, message] of [
      ['', 'not JSON'],
      ['{', 'not JSON'],
      ['a\nb', 'not JSON'],
      ['{}', 'not of traces'],
      ['[1, 2]', 'not of traces'],
      ['{"resourceSpans": 7}', 'without spans'],
      ['{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "x"}]}]}]}', 'without spans'],
    ] as const) {
      const result = readTraces(text);
      expect(result.ok ? '' : result.message, text).toContain(message);
    }
  });
});

describe('its columns', () => {
  const [trace] = read(otlp).traces;
  const [first] = trace?.spans ?? [];
  const spans = (links: Record<string, string>): Span[] =>
    Object.entries(links).map(([spanId, parentId], i) => ({
      ...(first as Span),
      spanId,
      parentId,
      startNs: i,
      name: spanId,
      status: { code: 'unset', message: '' },
    }));
  const columnsOf = (links: Record<string, string>) => {
    if (!trace) throw new Error('no trace');
    return columnsOfTrace({ ...trace, spans: spans(links) });
  };

  it('have parents before their children, and where each branch ends', () => {
    const { columns, spanOf } = columnsOf({ a: '', c: 'b', b: 'a', d: 'a', e: 'gone' });
    expect(
      [...columns.operation].map(
        operation => columns.names[columns.operations.name[operation] ?? 0],
      ),
    ).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect([...columns.depth]).toEqual([0, 1, 2, 1, 0]);
    expect([...columns.parent]).toEqual([-1, 0, 1, 0, -1]);
    expect([...columns.subtreeEnd]).toEqual([4, 3, 3, 4, 5]);
    expect(columns.flags[4]).toBe(Flag.orphan);
    expect([...spanOf]).toEqual([0, 2, 1, 3, 4]);
  });

  it('hold every span, also of circles', () => {
    for (const links of [{ a: 'b', b: 'a' }, { a: 'a' }, { a: 'b', b: 'c', c: 'b', d: 'c' }]) {
      const { columns, spanOf } = columnsOf(links as unknown as Record<string, string>);
      expect(columns.count).toBe(Object.keys(links).length);
      expect(new Set(spanOf).size).toBe(columns.count);
    }
  });

  it('hold a trace that is 20,000 deep', () => {
    const links = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [`s${i}`, i === 0 ? '' : `s${i - 1}`]),
    );
    const { columns } = columnsOf(links);
    expect(columns.depth[19_999]).toBe(19_999);
    expect(columns.subtreeEnd[0]).toBe(20_000);
  });
});
