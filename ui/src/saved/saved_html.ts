import type { SavedTrace } from './packed';

/** Nothing from elsewhere, and no code but its own: what spans say is foreign text. */
const kPolicy =
  "default-src 'none'; script-src 'unsafe-inline' blob: data:; worker-src blob: data:; " +
  "style-src 'unsafe-inline'; img-src data: blob:; connect-src data: blob:";

/** The file: a page that needs no server and asks none. */
export function htmlOf(
  title: string,
  server: string,
  trace: SavedTrace,
  script: string,
  style: string,
): string {
  const data = JSON.stringify(trace).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${kPolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="clew-base" content="${escaped(server)}">
<meta name="clew-saved" content="">
<title>${escaped(title)}</title>
<style>${style.replaceAll('</style', '<\\/style')}</style>
</head>
<body>
<div id="app"></div>
<script type="application/json" id="saved-trace">${data}</script>
<script type="module">${script.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--')}</script>
</body>
</html>
`;
}

function escaped(text: string): string {
  const letters: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, letter => letters[letter] ?? letter);
}
