// Checks what came over the network against the shape the pages rely on, once, at the boundary:
// behind it the types hold and nothing asks again.

export class ShapeError extends Error {
  constructor(path: string, expected: string, value: unknown) {
    super(`${path}: expected ${expected}, got ${describe(value)}`);
    this.name = 'ShapeError';
  }
}

/** Returns `value` as a T or throws a ShapeError that names `path`. */
export type Shape<T> = (value: unknown, path: string) => T;

type ShapesOf<T> = { [K in keyof T]: Shape<T[K]> };

export const string: Shape<string> = (value, path) => {
  if (typeof value !== 'string') throw new ShapeError(path, 'a string', value);
  return value;
};

export const number: Shape<number> = (value, path) => {
  if (typeof value !== 'number') throw new ShapeError(path, 'a number', value);
  return value;
};

export const boolean: Shape<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw new ShapeError(path, 'true or false', value);
  return value;
};

/** Anything but a missing field: attribute values, whose type is told beside them. */
export const present: Shape<unknown> = (value, path) => {
  if (value === undefined) throw new ShapeError(path, 'a value', value);
  return value;
};

/** A whole number in a string, because it may not fit a JavaScript number. */
export const decimal: Shape<bigint> = (value, path) => {
  if (typeof value !== 'string' || !/^-?\d{1,30}$/.test(value)) {
    throw new ShapeError(path, 'a decimal string', value);
  }
  return BigInt(value);
};

export function oneOf<T extends string>(...choices: readonly T[]): Shape<T> {
  return (value, path) => {
    const found = choices.find(choice => choice === value);
    if (found === undefined) throw new ShapeError(path, `one of ${choices.join(', ')}`, value);
    return found;
  };
}

/** A field that may be missing. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, path) => (value === undefined ? undefined : shape(value, path));
}

export function array<T>(item: Shape<T>): Shape<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new ShapeError(path, 'an array', value);
    return value.map((element: unknown, i) => item(element, `${path}[${i}]`));
  };
}

/** Keeps only the named fields; more fields are no error, so that the server may add some. */
export function object<T extends object>(fields: ShapesOf<T>): Shape<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ShapeError(path, 'an object', value);
    }
    const from = value as Record<string, unknown>;
    const result: Partial<T> = {};
    for (const name of names) {
      result[name] = fields[name](from[name], path === '' ? name : `${path}.${name}`);
    }
    return result as T;
  };
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
