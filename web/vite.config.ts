import { defineConfig } from 'vite';

/** The pages. Paths are relative, so that the gateway may serve them below any prefix. */
export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // no data: URLs, the pages' Content-Security-Policy has none
    rolldownOptions: { input: { shop: 'index.html', desk: 'desk/index.html' } },
  },
});
