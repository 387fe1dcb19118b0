// What holds for all pages of a running clew, in a real Chromium.
//
//   CLEW_URL=http://127.0.0.1:16686 node --test test/ui/everywhere_test.mjs
import { describe, it } from 'node:test';
import { useTab } from './browser.mjs';

const tab = useTab();

const kPages = {
  'the search': () => tab.goto('/search', 'a.result'),
  'a trace': async () => {
    await tab.goto('/search', 'a.result');
    await tab.page.locator('a.result').first().click();
    await tab.page.locator('.row').first().waitFor();
  },
};

describe('axe has no serious findings', () => {
  for (const [name, open] of Object.entries(kPages)) {
    for (const colorScheme of ['light', 'dark']) {
      it(`on ${name}, ${colorScheme}`, async () => {
        await tab.page.emulateMedia({ colorScheme });
        await open();
        await tab.noSeriousFindings();
      });
    }
  }
});
