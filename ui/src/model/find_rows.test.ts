import { describe, expect, it } from 'vitest';
import { Flag } from './columns';
import { columnsOf } from './columns_maker';
import { findRows } from './find_rows';

const columns = columnsOf({
  name: 'GET /cart',
  service: 'edge',
  kind: 'server',
  children: [
    { name: 'read cart', service: 'db', kind: 'client' },
    { name: 'read cart', service: 'db', kind: 'client', flags: Flag.error },
  ],
});
const found = (query: string, texts?: string[]) => [...findRows(columns, query, texts)];

describe('findRows', () => {
  it('takes every word, in any case and order', () => {
    expect(found('CART')).toEqual([0, 1, 2]);
    expect(found('cart read')).toEqual([1, 2]);
    expect(found('cart write')).toEqual([]);
  });

  it('finds by service, kind and status', () => {
    expect(found('service=edge')).toEqual([0]);
    expect(found('kind=client cart')).toEqual([1, 2]);
    expect(found('status=error')).toEqual([2]);
  });

  it('finds nothing for no words', () => {
    expect(found('   ')).toEqual([]);
  });

  it('looks at what else spans say once it is there, each word for itself', () => {
    expect(found('db.rows=3')).toEqual([]);
    expect(found('db.rows=3', ['', 'db.rows=3', 'db.rows=4'])).toEqual([1]);
    expect(found('service=db db.rows=4', ['', 'db.rows=3', 'db.rows=4'])).toEqual([2]);
  });
});
