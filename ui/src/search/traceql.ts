// TraceQL as text: its tokens, how names and values are written, and queries made of queries. Whether a query is
// right is the server's to say; here only as much is understood as the form, the editor and the charts need.

export type TokenKind =
  'space' | 'comment' | 'text' | 'duration' | 'number' | 'field' | 'word' | 'symbol' | 'unknown';

export interface Token {
  kind: TokenKind;
  text: string;
  from: number;
}

const kNamePart = String.raw`(?:"(?:\\.|[^"\\])*"|[^\s{}()=~!<>&|^,"])`;
const kNumber = String.raw`(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?`;

/** In the order in which they are tried. A field with a dot in front comes before numbers such as `.5`. */
const kPatterns: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', /\s+/y],
  ['comment', /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/y],
  ['text', /"(?:\\.|[^"\\])*"|`[^`]*`/y],
  ['duration', /(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h|d|w|y))+(?![\w.])/y],
  ['number', new RegExp(kNumber, 'y')],
  [
    'field',
    new RegExp(
      String.raw`(?:span|resource|event|link|instrumentation|parent)?\.${kNamePart}+|(?:span|trace|event|link|instrumentation):[A-Za-z]+`,
      'y',
    ),
  ],
  ['word', /[A-Za-z_]\w*/y],
  ['symbol', /&&|\|\||!?>>|!?<<|&[><~]{1,2}|![=~<>]|[<>=]=|=~|[-{}()=~!<>|+*/%^,]/y],
  ['unknown', /[^]/y],
];

/** All of `text`, also what is no TraceQL, with spaces and comments. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let from = 0; from < text.length;) {
    const token = tokenAt(text, from);
    tokens.push(token);
    from += token.text.length;
  }
  return tokens;
}

/** The token that starts at `from`, which lies within the text. */
export function tokenAt(text: string, from: number): Token {
  for (const [kind, pattern] of kPatterns) {
    pattern.lastIndex = from;
    const found = pattern.exec(text)?.[0];
    if (found) return { kind, text: found, from };
  }
  return { kind: 'unknown', text: text.slice(from), from };
}

/** The same without what has no meaning. */
export function meaningful(text: string): Token[] {
  return tokenize(text).filter(({ kind }) => kind !== 'space' && kind !== 'comment');
}

export function quote(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r');
  return `"${escaped.replace(/\t/g, '\\t')}"`;
}

/** The text that a token of kind `text` means; null if it has an escape that is not common. */
export function unquote(token: string): string | null {
  if (token.startsWith('`')) return token.slice(1, -1);
  let known = true;
  const meant = token.slice(1, -1).replace(/\\(.)/gs, (_, char: string) => {
    const plain = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' }[char];
    known &&= plain !== undefined;
    return plain ?? '';
  });
  return known ? meant : null;
}

export type AttributeScope = '' | 'span' | 'resource' | 'event' | 'link' | 'instrumentation';

/** `span.http.method`, `."two words"`: an attribute as a query writes it. */
export function fieldOf(scope: AttributeScope, key: string): string {
  const plain = key !== '' && /^[^\s{}()=~!<>&|^,"\\]+$/.test(key);
  return `${scope}.${plain ? key : quoteName(key)}`;
}

function quoteName(key: string): string {
  return `"${key.replace(/["\\]/g, '\\$&')}"`;
}

/** A value of the API's types as TraceQL writes it; null for what it has no words for. */
export function literalOf(type: string, value: unknown): string | null {
  if (type === 'string') return quote(String(value));
  if (type === 'bool') return String(value);
  if (type === 'int64') return String(value);
  if (type !== 'float64' || typeof value !== 'number') return null;
  return /^-?\d+$/.test(String(value)) ? `${value}.0` : String(value);
}

/** What stands between the braces if the query is one `{ … }` and nothing else; else null. */
export function soleFilter(query: string): string | null {
  const tokens = meaningful(query);
  const last = tokens[tokens.length - 1];
  if (tokens[0]?.text !== '{' || last?.text !== '}') return null;
  const braces = tokens.filter(({ kind, text }) => kind === 'symbol' && /[{}]/.test(text));
  if (braces.length !== 2) return null;
  return query.slice(tokens[0].from + 1, last.from).trim();
}

/**
 * The spans of `query` for which `condition` holds, too. One `{ … }` stays one, which the server counts
 * without reading a trace; of any other query the spans that it finds are filtered.
 */
export function narrowed(query: string, condition: string): string {
  const inner = soleFilter(query);
  if (inner === null) return `${query} | { ${condition} }`;
  return inner === '' ? `{ ${condition} }` : `{ ${operand(inner)} && ${condition} }`;
}

/** An expression as a side of `&&`: `||` stands on the same level and would take it apart. */
function operand(expression: string): string {
  let depth = 0;
  for (const { text } of meaningful(expression)) {
    if (text === '(') depth++;
    else if (text === ')') depth--;
    else if (text === '||' && depth === 0) return `(${expression})`;
  }
  return expression;
}

/** Attributes and intrinsics that an expression names, as it writes them. */
export function fieldsIn(expression: string): Set<string> {
  const named = meaningful(expression).filter(({ kind }) => kind === 'field' || kind === 'word');
  return new Set(named.map(({ text }) => text));
}

/** The words that stand for what every span has, and what they are. */
export const kIntrinsics: readonly (readonly [string, string])[] = [
  ['name', "the span's name"],
  ['duration', 'of the span'],
  ['status', 'error, ok or unset'],
  ['statusMessage', 'what the span says of its status'],
  ['kind', 'server, client, …'],
  ['rootServiceName', 'service of the first span'],
  ['rootName', 'name of the first span'],
  ['traceDuration', 'of the whole trace'],
  ['nestedSetParent', 'below 0: the first span'],
  ['span:childCount', 'direct children'],
  ['span:id', 'hex'],
  ['span:parentID', 'hex'],
  ['trace:id', 'hex'],
  ['event:name', 'of an event'],
  ['event:timeSinceStart', 'of an event'],
  ['link:traceID', 'of a link'],
  ['link:spanID', 'of a link'],
  ['instrumentation:name', 'of the library'],
  ['instrumentation:version', 'of the library'],
];

/** Where the server found fault: "column 7: …" becomes 6 and the rest. Columns count characters. */
export function faultIn(message: string): { at: number; what: string } | null {
  const found = /column (\d+): ([^]*)$/.exec(message);
  return found ? { at: Number(found[1]) - 1, what: found[2] ?? '' } : null;
}

/** A place counted in characters, as one in UTF-16 units. */
export function unitsAt(text: string, characters: number): number {
  return [...text].slice(0, characters).join('').length;
}
