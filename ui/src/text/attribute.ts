import type { Attribute } from '../api/types';

/** The value as one reads and copies it: strings bare, everything else as JSON. */
export function attributeText(attribute: Attribute): string {
  const { value } = attribute;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Like attributeText, but with arrays and maps broken into lines. */
export function attributeBlock(attribute: Attribute): string {
  const { value } = attribute;
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : attributeText(attribute);
}
