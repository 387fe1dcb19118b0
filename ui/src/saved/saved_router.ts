// What router.ts is to a saved page: its links lead to the server it was saved from, and its address stays.
import { useState } from 'preact/hooks';

/** The server, as save_trace.ts wrote it: 'https://clew.example' or with the path of the app. */
export const kBase =
  document.querySelector<HTMLMetaElement>('meta[name="clew-base"]')?.content ?? '';

export function linkTo(path: string): string {
  return kBase + path;
}

export function urlOf(path: string): string {
  return linkTo(path);
}

export function navigate(path: string): void {
  location.assign(linkTo(path));
}

/** The address is that of a file. */
export function noteUrl(): void {}

export function forgetNote(): void {}

export function currentUrl(): URL {
  return new URL('/', 'http://saved.invalid');
}

export function useUrl(): URL {
  return useState(currentUrl)[0];
}

export function tracePath(traceId: string, spanId = ''): string {
  return `/trace/${traceId}${spanId === '' ? '' : `?span=${spanId}`}`;
}

export function lastSearchPath(): string {
  return '/search';
}
