import { describe, expect, it } from 'vitest';
import { controlPlanesShape, matrixShape, proxiesShape, proxyDetailShape } from './mesh_types';

describe('answers of a control plane', () => {
  it('are read under our names', () => {
    const { items } = proxiesShape(
      {
        total: 1,
        items: [
          {
            mesh: 'default',
            name: 'shop-1',
            kind: 'sidecar',
            service: 'shop',
            place: 'fra',
            status: 'refused',
            refusals: [
              {
                type: 'Listener',
                name: 'in',
                text: 'no',
                time_unix_nano: 5,
                from: ['MeshTrace all'],
              },
            ],
            revision: 3,
            settled_revision: 2,
          },
        ],
      },
      '',
    );
    expect(items[0]).toMatchObject({ settledRevision: 2, envoy: undefined });
    expect(items[0]?.refusals[0]).toMatchObject({ timeNs: 5, from: ['MeshTrace all'] });
  });

  it('name the field that is wrong by its name on the wire', () => {
    const zone = { zone: 'fra', cost_ms: 'x' };
    const read = () => matrixShape({ items: [{ edge: 'ams', zones: [zone] }] }, '');
    expect(read).toThrow('items[0].zones[0].cost_ms');
  });

  it('may lack what is not known', () => {
    const url = { url: 'https://x:1', connected: false, last_error: 'no' };
    const self = { name: '', mode: 'global', zone: '' };
    const { items } = controlPlanesShape({ self, items: [url], problem: '', total: 1 }, '');
    expect(items[0]).toMatchObject({ name: '', lagSeconds: 0, lastError: 'no' });
    expect(proxyDetailShape({}, '')).toEqual({ types: [], certificate: null });
    expect(proxyDetailShape({ certificate: null }, '').certificate).toBeNull();
  });
});
