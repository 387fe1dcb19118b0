import { describe, expect, it } from 'vitest';
import { fullSpans, text } from '../model/spans_maker';
import { base64Of, fromText, packSpans, toText, unpackSpans } from './packed';

describe('a saved trace', () => {
  it('has each resource once, and gives back what it was given', () => {
    const spans = fullSpans(
      { attributes: [text('a', '</script>')] },
      { resource: [text('host.name', 'n1')] },
      { events: [{ timeNs: 3, name: 'log', attributes: [] }] },
    );
    const packed = packSpans(spans);
    expect(packed.resources.length).toBe(2);
    expect(packed.scopes.length).toBe(1);
    const again = unpackSpans(JSON.parse(JSON.stringify(packed)));
    expect(again.map(({ resource }) => resource)).toEqual(spans.map(({ resource }) => resource));
    expect(again[0]?.span.attributes).toEqual([text('a', '</script>')]);
    expect(again[2]?.span.events).toEqual(spans[2]?.span.events);
  });

  it('is text that HTML cannot mistake', async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) >> 3);
    const packed = await toText(bytes);
    expect(packed).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(new Uint8Array(await fromText(packed))).toEqual(bytes);
    expect(base64Of(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  });

  it('does not take a span for one of a resource that is not there', () => {
    const packed = packSpans(fullSpans({}));
    expect(() => unpackSpans({ ...packed, resources: [] })).toThrow('no resource');
  });
});
