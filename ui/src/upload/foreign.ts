// Reading JSON of others: every field may be missing or of another type, and nothing here throws for that.

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects in it; nothing if it is no array. */
export function objectsIn(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function textIn(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

export function numberIn(value: unknown): number {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : 0;
}

/** A whole number that may be too large for a JavaScript number, and then stands in a string. */
export function wholeIn(value: unknown): bigint {
  if (typeof value === 'string' && /^-?\d{1,30}$/.test(value)) return BigInt(value);
  return typeof value === 'number' && Number.isFinite(value) ? BigInt(Math.round(value)) : 0n;
}

/** An ID in hex, or in base64 as protobuf's JSON has it, as `digits` hex digits; empty if it is none. */
export function idIn(value: unknown, digits: 16 | 32): string {
  const text = textIn(value).trim();
  if (/^[0-9a-f]+$/i.test(text) && text.length <= digits && text.length !== 24) {
    const id = text.toLowerCase().padStart(digits, '0');
    return /^0+$/.test(id) ? '' : id;
  }
  if (!/^[A-Za-z0-9+/_-]+=*$/.test(text)) return '';
  try {
    const bytes = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    const hex = [...bytes].map(byte => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
    return hex.length === digits && !/^0+$/.test(hex) ? hex : '';
  } catch {
    return ''; // neither hex nor base64
  }
}
