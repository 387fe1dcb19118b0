// Tags as people type them: `http.status_code=503 error.reason="connection failure"`. A key or value
// with spaces, quotes or `=` stands in double quotes, in which \" and \\ are escapes.

export type Tag = readonly [key: string, value: string];

export type ParsedTags = { ok: true; tags: Tag[] } | { ok: false; message: string };

export function parseTags(text: string): ParsedTags {
  const tags: Tag[] = [];
  let i = 0;
  const skipSpace = () => {
    while (i < text.length && /\s/.test(text.charAt(i))) i++;
  };
  for (skipSpace(); i < text.length; skipSpace()) {
    const key = word(text, i, true);
    if (!key.ok) return key;
    i = key.end;
    if (key.text === '')
      return { ok: false, message: `a key is missing before “${text.slice(i)}”` };
    if (text.charAt(i) !== '=') {
      return { ok: false, message: `“${key.text}” has no value: write ${key.text}=value` };
    }
    const value = word(text, i + 1, false);
    if (!value.ok) return value;
    i = value.end;
    tags.push([key.text, value.text]);
  }
  return { ok: true, tags };
}

export function formatTags(tags: readonly Tag[]): string {
  return tags.map(([key, value]) => `${quoted(key)}=${quoted(value)}`).join(' ');
}

type Word = { ok: true; text: string; end: number } | { ok: false; message: string };

/** A bare or quoted word that starts at `start`. A bare key ends before `=`; a value may hold it. */
function word(text: string, start: number, isKey: boolean): Word {
  if (text.charAt(start) !== '"') {
    const bare = isKey ? /[^\s=]*/y : /\S*/y;
    bare.lastIndex = start;
    const found = bare.exec(text)?.[0] ?? '';
    return { ok: true, text: found, end: start + found.length };
  }
  let result = '';
  for (let i = start + 1; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '"') {
      const next = text.charAt(i + 1);
      if (next !== '' && !/\s/.test(next) && !(isKey && next === '=')) {
        return { ok: false, message: `a space is missing after "${result}"` };
      }
      return { ok: true, text: result, end: i + 1 };
    }
    result += char === '\\' && i + 1 < text.length ? text.charAt(++i) : char;
  }
  return { ok: false, message: `the quote before “${result}” is never closed` };
}

function quoted(text: string): string {
  return /^[^\s"=\\]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
