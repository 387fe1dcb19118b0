import { describe, expect, it } from 'vitest';
import { meshPath, readChoice, tracesPath } from './mesh_url';

const at = (path: string) => readChoice(new URL(path, 'http://x').searchParams);

describe('meshPath', () => {
  it('goes through the URL and back', () => {
    const choice = at('/mesh?edge=ams&service=shop&find=a+b&status=refused');
    expect(choice).toMatchObject({ edge: 'ams', service: 'shop', find: 'a b', status: 'refused' });
    expect(at(meshPath(choice, {}))).toEqual(choice);
  });

  it('chooses one thing at a time', () => {
    const choice = at('/mesh?edge=ams&find=x');
    expect(meshPath(choice, { proxy: 'default/shop-1' })).toBe(
      '/mesh?proxy=default%2Fshop-1&find=x',
    );
    expect(meshPath(choice, { edge: '' })).toBe('/mesh?find=x');
    expect(meshPath(at('/mesh'), { find: '' })).toBe('/mesh');
  });
});

describe('tracesPath', () => {
  it('searches for tags, quoted where they must be', () => {
    const path = tracesPath(['edge', 'ams'], ['core_location', 'a b']);
    expect(new URL(path, 'http://x').searchParams.get('tags')).toBe('edge=ams core_location="a b"');
  });
});
