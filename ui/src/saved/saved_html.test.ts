import { expect, it } from 'vitest';
import { htmlOf } from './saved_html';

it('is a page out of which no text of a trace or of the code breaks', () => {
  const trace = { traceId: '</script><script>alert(1)', savedAtMs: 0, columns: 'AA==', spans: '' };
  const html = htmlOf(
    'a <b> "c" & d',
    'https://clew.example/x"',
    trace,
    "const end = '</script>';",
    'a::after { content: "</style>" }',
  );
  expect(html.match(/<script/g)?.length).toBe(2);
  expect(html.match(/<\/script/g)?.length).toBe(2);
  expect(html.match(/<\/style/g)?.length).toBe(1);
  expect(html).toContain('<title>a &lt;b&gt; &quot;c&quot; &amp; d</title>');
  expect(html).toContain('content="https://clew.example/x&quot;"');
  const data = /<script type="application\/json"[^>]*>(.*?)<\/script>/.exec(html)?.[1] ?? '';
  expect(JSON.parse(data)).toEqual(trace);
});
