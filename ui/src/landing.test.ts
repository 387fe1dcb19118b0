import { describe, expect, it } from 'vitest';
import { landingPath } from './landing';

const kId = '6ea687766eacfb9cf05e915ffceb6244';
const from = (path: string) => landingPath(new URL(path, 'http://clew'));

describe('an address of Jaeger’s UI', () => {
  it('of a trace is ours, unless it looks for something or its ID is cut', () => {
    expect(from(`/trace/${kId}`)).toBeUndefined();
    expect(from(`/trace/${kId}?span=00f067aa0ba902b7`)).toBeUndefined();
    expect(from('/trace/1a2b')).toBe(`/trace/${'1a2b'.padStart(32, '0')}`);
    expect(from(`/trace/${kId}?uiFind=http.status_code%3D503`)).toBe(
      `/trace/${kId}?find=http.status_code%3D503`,
    );
  });

  it('of a span leads to the span', () => {
    expect(from(`/trace/${kId}?uiFind=00f067aa0ba902b7`)).toBe(
      `/trace/${kId}?span=00f067aa0ba902b7`,
    );
  });

  it('of two traces compares them', () => {
    expect(from(`/trace/${kId}...1a2b`)).toBe(`/compare?a=${kId}&b=${'1a2b'.padStart(32, '0')}`);
  });

  it('of a search is left to Explore, but for the search of one ID', () => {
    expect(from('/search?service=shop&lookback=1h&start=1&end=2')).toBeUndefined();
    expect(from(`/search?traceID=${kId}`)).toBe(`/trace/${kId}`);
    expect(from(`/search?traceID=${kId}&traceID=1a2b`)).toBeUndefined();
  });

  it('of the graph or the monitor leads to the services', () => {
    expect(from('/dependencies')).toBe('/services?view=map');
    expect(from('/monitor?service=shop')).toBe('/services?service=shop');
  });

  it('may be below /jaeger/ui', () => {
    expect(from('/jaeger/ui')).toBe('/search');
    expect(from('/jaeger/ui/search?service=shop')).toBe('/search?service=shop');
    expect(from(`/jaeger/ui/trace/${kId}?uiFind=x`)).toBe(`/trace/${kId}?find=x`);
  });
});

describe('an address of Zipkin’s UI', () => {
  it('of a trace leads to it', () => {
    expect(from('/zipkin/traces/b4dc1fb4ab2c5ce9')).toBe(
      `/trace/${'b4dc1fb4ab2c5ce9'.padStart(32, '0')}`,
    );
  });

  it('of a search says the same to Explore', () => {
    const query =
      'serviceName=shop&spanName=get&minDuration=1500&annotationQuery=error%20and%20http.path%3D%2Fa' +
      '&lookback=15m&endTs=1700000000000&limit=10';
    expect(Object.fromEntries(new URL(from(`/zipkin/?${query}`) ?? '', 'http://clew').searchParams))
      .toEqual({
        service: 'shop',
        operation: 'get',
        tags: 'error=true http.path=/a',
        minDuration: '1500us',
        start: '1699999100000000',
        end: '1700000000000000',
        limit: '10',
      }); // prettier-ignore
    expect(from('/zipkin?lookback=range:1700000000000-1700000001000')).toBe(
      '/search?start=1700000000000000&end=1700000001000000',
    );
    expect(from('/zipkin/?lookback=15m')).toBe('/search?lookback=900s');
    expect(from('/zipkin/')).toBe('/search');
  });

  it('of the dependencies leads to the map of services', () => {
    expect(from('/zipkin/dependency?startTime=1&endTime=2')).toBe('/services?view=map');
  });
});

it('leaves our own pages alone', () => {
  for (const path of ['/', '/search', '/services/shop', '/mesh', '/zipkins', '/trace/no-id']) {
    expect(from(path)).toBeUndefined();
  }
});
