import { defineConfig } from 'vitest/config';
import { savedPage } from './saved_page_plugin.ts';

// `npm run dev` shows what a running clew has.
const clewUrl = process.env['CLEW_URL'] ?? 'http://127.0.0.1:16686';

const kTarget = ['chrome123', 'edge123', 'firefox125', 'safari17.5'];

export default defineConfig({
  plugins: [savedPage(kTarget)],
  build: {
    // The binary that embeds dist/ sends `default-src 'self'`: nothing may become an inline data: URL
    // script or style, and small files stay files so that they are hashed and cached like the rest.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The store's pages, and the one of an agent.
    rollupOptions: { input: ['index.html', 'agent.html'] },
    target: kTarget,
  },
  // Files find each other from where they are, so that a proxy may put the app anywhere; the addresses in the
  // pages themselves are moved by the server (src/api/ui.cc).
  experimental: {
    renderBuiltUrl: (filename, { hostType }) =>
      hostType === 'html' ? `/${filename}` : { relative: true },
  },
  server: { port: 23000, strictPort: true, proxy: { '/api': clewUrl } },
  // Long, for machines that have much else to do.
  test: { include: ['src/**/*.test.ts'], environment: 'node', testTimeout: 60_000 },
});
