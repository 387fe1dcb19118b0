import { describe, expect, it } from 'vitest';
import { meshProblems } from './mesh_problems';
import { groupsOf, matching, meshOf } from './model';
import { certificate, link, proxy, sampleAnswers, service } from './sample_mesh';

const kNowMs = 1.7e12;
const problems = (change: Parameters<typeof sampleAnswers>[0] = {}) => {
  const answers = sampleAnswers(change);
  return meshProblems(answers, meshOf(answers), kNowMs);
};

describe('meshOf', () => {
  const mesh = meshOf(sampleAnswers());

  it('knows every place by whatever names it, with what goes from and to it', () => {
    expect(mesh.edges.map(({ name }) => name)).toEqual(['ams', 'nyc']);
    expect(mesh.zones.map(({ name }) => name)).toEqual(['fra', 'iad', 'syd']);
    expect(mesh.edges[0]).toMatchObject({ requestsPerSecond: 123, errorsPerSecond: 1 });
    expect(mesh.zones[0]).toMatchObject({ requestsPerSecond: 120 });
    expect(mesh.zones[0]?.states.online).toBe(2);
  });

  it('says which core location an edge uses first', () => {
    const first = mesh.links.filter(({ isFirst }) => isFirst);
    // By its requests, and where there are none by its cost.
    expect(first.map(({ edge, zone }) => [edge, zone])).toEqual([
      ['ams', 'fra'],
      ['nyc', 'iad'],
    ]);
  });

  it('puts nobody first who is down', () => {
    const zones = [link('fra', { health: 'down', costMs: 1 }), link('iad', { costMs: 90 })];
    const { links } = meshOf(sampleAnswers({ matrix: [{ edge: 'ams', zones }] }));
    expect(links.find(({ isFirst }) => isFirst)?.zone).toBe('iad');
  });

  it('lists what an edge may send requests to', () => {
    expect(mesh.destinations).toEqual(['cart', 'shop', 'shop:8081']);
    // Of an older control plane, what its proxies are of.
    const older = meshOf(sampleAnswers({ services: undefined }));
    expect(older.destinations).toEqual(['cart', 'shop']);
  });
});

describe('groupsOf', () => {
  const { services = [] } = sampleAnswers();
  const names = (zone: string) =>
    groupsOf(services, zone).map(ports => ports.map(({ name }) => name));

  it('puts the ports of a service together', () => {
    expect(names('')).toEqual([['bank'], ['cart'], ['shop', 'shop:8081']]);
    // Not a service that is called alike in another mesh, nor one that begins alike.
    const others = [
      service('shop', {}, { mesh: 'a' }),
      service('shop', {}, { mesh: 'b' }),
      service('shop-2', {}, { mesh: 'b' }),
      service('shop:90', {}, { mesh: 'b' }),
    ];
    expect(groupsOf(others, '').map(ports => ports.length)).toEqual([1, 2, 1]);
  });

  it('has those that run in a core location', () => {
    expect(names('fra')).toEqual([['shop', 'shop:8081']]);
    expect(names('syd')).toEqual([]);
  });
});

describe('matching', () => {
  const proxies = [
    proxy('shop-1', 'sidecar', 'fra'),
    proxy('shop-2', 'sidecar', 'iad', { status: 'offline' }),
    proxy('edge-ams-1', 'edge', 'ams', { status: 'a newer word' }),
  ];
  const names = (find: string, status = '') => matching(proxies, find, status).map(p => p.name);

  it('finds by words, those that are not well first', () => {
    expect(names('')).toEqual(['edge-ams-1', 'shop-2', 'shop-1']);
    expect(names('SHOP fra')).toEqual(['shop-1']);
    expect(names('shop', 'offline')).toEqual(['shop-2']);
    expect(names('none')).toEqual([]);
  });
});

describe('meshProblems', () => {
  it('finds none where all is well', () => expect(problems()).toEqual([]));

  it('tells what Envoy said to what it does not take, and where that comes from', () => {
    const refusal = {
      type: 'Cluster',
      name: 'shop',
      text: 'no such cluster type',
      timeNs: 0,
      from: ['MeshService shop'],
    };
    const [problem] = problems({
      proxies: [proxy('shop-1', 'sidecar', 'fra', { status: 'refused', refusals: [refusal] })],
    });
    expect(problem?.level).toBe('error');
    expect(problem?.what).toBe('shop-1 does not take Cluster shop: no such cluster type');
    expect(problem?.advice).toContain('MeshService shop');
    expect(problem?.show).toEqual({ proxy: 'default/shop-1' });
  });

  it('tells a core location that is away for all from one that is for some', () => {
    const silent = link('fra', { health: 'silent' });
    const some = problems({
      matrix: [
        { edge: 'ams', zones: [silent, link('iad')] },
        { edge: 'nyc', zones: [link('fra'), link('iad')] },
      ],
    });
    expect(some.map(p => [p.level, p.what])).toEqual([
      ['warning', 'Core location fra does not answer ams.'],
    ]);
    const all = problems({ matrix: [{ edge: 'ams', zones: [silent] }] });
    expect(all.map(p => p.what)).toEqual([
      'Core location fra answers no edge: requests go to the others.',
      'Edge ams reaches no core location.',
    ]);
  });

  it('warns of certificates that were not renewed', () => {
    const inHours = (hours: number) => (kNowMs + hours * 3600e3) * 1e6;
    const certificates = [
      certificate('a', inHours(20)),
      certificate('b', inHours(2)),
      certificate('c', inHours(10), 'the key is encrypted'),
    ];
    expect(problems({ certificates }).map(p => p.what)).toEqual([
      'No new certificate for c: the key is encrypted',
      'b: the certificate expires in 2 h and was not renewed.',
    ]);
  });

  it('names only some of many', () => {
    const proxies = Array.from({ length: 9 }, (_, i) =>
      proxy(`p${i}`, 'sidecar', 'fra', { status: 'offline' }),
    );
    const [problem] = problems({ proxies });
    expect(problem?.what).toBe('p0, p1, p2 and 6 more are not connected.');
  });
});
