import { describe, expect, it } from 'vitest';
import { changedAddress, kNewAddress, readAddress, servicePath, servicesPath } from './address';

const read = (path: string) => readAddress(new URL(`http://here${path}`));
const again = (path: string) => servicesPath(read(path));

describe('the address of the services', () => {
  it('says nothing of what is usual', () => {
    expect(servicesPath(kNewAddress)).toBe('/services');
    expect(again('/services?view=list&sort=-rate&spans=all&depth=1&lookback=1h')).toBe('/services');
  });

  it('keeps everything else', () => {
    for (const path of [
      '/services?view=calls&lookback=1d&filter=shop&sort=p95',
      '/services?start=5&end=9&spans=taken',
      '/services?view=calls&shown=400',
      '/services?view=map&layout=force&focus=a+b&depth=3&least=20&at=a+b&to=c',
    ]) {
      expect(again(path)).toBe(path);
    }
  });

  it('takes nothing for something it is not', () => {
    expect(again('/services?view=pie&layout=spiral&depth=99&least=-4&spans=some')).toBe(
      '/services',
    );
    expect(read('/services?least=ten').least).toBeNull();
  });

  it('begins another table with as many rows as usual', () => {
    const address = read('/services?shown=400');
    expect(changedAddress(address, { filter: 'a' }).shown).toBe(400);
    expect(changedAddress(address, { view: 'calls' }).shown).toBe(0);
  });

  it("is filtered by the service of Jaeger's Monitor", () => {
    expect(again('/services?service=shop')).toBe('/services?filter=shop');
  });

  it('names a service in its path', () => {
    expect(servicePath('a/b?c', { lookback: '1d' })).toBe('/services/a%2Fb%3Fc?lookback=1d');
    expect(servicePath('shop', { lookback: '1h' })).toBe('/services/shop');
  });
});
