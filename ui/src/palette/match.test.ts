import { describe, expect, it } from 'vitest';
import { matchScore } from './match';

const best = (typed: string, texts: string[]) =>
  texts
    .map(text => ({ text, score: matchScore(typed, text) }))
    .filter(({ score }) => score !== null)
    .sort((a, b) => (b.score ?? 0) - (a.score ?? 0))
    .map(({ text }) => text);

describe('the palette', () => {
  it('prefers beginnings to beginnings of words to the middle to scattered letters', () => {
    expect(best('ser', ['Observer', 'a new search', 'Services', 'all services'])).toEqual([
      'Services',
      'all services',
      'Observer',
      'a new search',
    ]);
  });

  it('wants every word, in any order', () => {
    expect(best('dark theme', ['Theme: dark', 'Theme: light'])).toEqual(['Theme: dark']);
  });

  it('takes what is typed as it is, not as a pattern', () => {
    expect(matchScore('(', 'Services')).toBeNull();
    expect(matchScore('{id}', 'GET /item/{id}')).toBe(3);
  });

  it('finds everything alike when nothing is typed', () => {
    expect(matchScore('', 'Services')).toBe(0);
  });
});
