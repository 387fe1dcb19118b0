/** Hands the browser a file to save, made of these parts. */
export function saveFile(name: string, type: string, ...parts: BlobPart[]): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  // The browser reads it after the click; a minute is more than enough to begin.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
