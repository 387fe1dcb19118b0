import { describe, expect, it } from 'vitest';
import { parseMetrics, total } from '../text/prometheus';
import { pipelineOf, type About } from './pipeline';

const kAbout: About = {
  version: '1',
  place: [],
  receivers: [{ name: 'otlp/http', value: '127.0.0.1:4318' }],
  exporters: [{ name: 'otlp', value: 'store:4317' }],
  log: [],
};

function reading(atMs: number, text: string) {
  return { atMs, samples: parseMetrics(text) };
}

describe('parseMetrics', () => {
  it('reads names, labels with escapes, and values', () => {
    const samples = parseMetrics('# HELP a b\na 1\nb{x="y\\"z\\\\",k="{1}"} 2.5e3\nnot a sample\n');
    expect(samples).toEqual([
      { name: 'a', labels: {}, value: 1 },
      { name: 'b', labels: { x: 'y"z\\', k: '{1}' }, value: 2500 },
    ]);
  });

  it('adds up the series that have the labels', () => {
    const samples = parseMetrics('a{x="1",y="1"} 1\na{x="1",y="2"} 2\na{x="2"} 4\n');
    expect(total(samples, 'a', { x: '1' })).toBe(3);
    expect(total(samples, 'a')).toBe(7);
    expect(total(samples, 'b')).toBe(0);
  });
});

describe('pipelineOf', () => {
  const before = reading(
    0,
    'clew_receiver_accepted_spans_total{receiver="otlp",transport="http"} 100\n' +
      'clew_exporter_sent_spans_total{exporter="otlp"} 50\n',
  );

  it('gives rates, shares and what is lost, the liveliest first', () => {
    const now = reading(
      2000,
      'clew_receiver_accepted_spans_total{receiver="otlp",transport="http"} 300\n' +
        'clew_receiver_refused_spans_total{receiver="otlp",transport="http",reason="unavailable"} 7\n' +
        'clew_exporter_sent_spans_total{exporter="otlp"} 60\n' +
        'clew_exporter_dropped_spans_total{exporter="otlp",reason="overflow"} 0\n' +
        'clew_exporter_queue_size_bytes{exporter="otlp"} 10\n' +
        'clew_exporter_queue_capacity_bytes{exporter="otlp"} 40\n' +
        'clew_processor_probabilistic_sampler_count_traces_sampled_total{policy="p",sampled="true"} 1\n' +
        'clew_processor_probabilistic_sampler_count_traces_sampled_total{policy="p",sampled="false"} 3\n' +
        'clew_limit_hit_total{limit="request_bytes"} 9\n',
    );
    const pipeline = pipelineOf(kAbout, before, now);
    expect(pipeline.receivers[0]).toMatchObject({ perSecond: 100, total: 300, refused: 7 });
    expect(pipeline.exporters[0]).toMatchObject({
      perSecond: 5,
      queueBytes: 10,
      queueCapacity: 40,
    });
    expect(pipeline.keptShare).toBe(0.25);
    expect(pipeline.losses.map(loss => [loss.where, loss.reason, loss.count])).toEqual([
      ['limit hit', 'request_bytes', 9],
      ['otlp/http: spans refused', 'unavailable', 7],
    ]);
  });

  it('shows no negative rates after a restart', () => {
    const now = reading(1000, 'clew_exporter_sent_spans_total{exporter="otlp"} 3\n');
    expect(pipelineOf(kAbout, before, now).exporters[0]!.perSecond).toBe(0);
    expect(pipelineOf(kAbout, before, now).keptShare).toBeUndefined();
  });
});
