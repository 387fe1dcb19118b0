// How well what somebody typed fits an entry of the palette.

/**
 * A score, higher for better; null if it does not fit: each word typed must occur in `text`, or at
 * least its letters in their order. Nothing typed fits everything alike.
 */
export function matchScore(typed: string, text: string): number | null {
  const there = text.toLowerCase();
  let score = 0;
  for (const word of typed.toLowerCase().split(/\s+/)) {
    if (word === '') continue;
    const found = wordScore(word, there);
    if (found === null) return null;
    score += found;
  }
  return score;
}

function wordScore(word: string, text: string): number | null {
  const at = text.indexOf(word);
  if (at === 0) return 4;
  if (at > 0) return beginning(word).test(text) ? 3 : 2;
  let next = 0;
  for (const letter of text) if (letter === word.charAt(next)) next++;
  return next === word.length && word.length > 1 ? 1 : null;
}

/** Finds `word` where a word of the text begins. */
function beginning(word: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'u');
}
