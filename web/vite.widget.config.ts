import { defineConfig } from 'vite';

/** The widget: one self-contained classic script, its style sheet inside it as a string. */
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: ['chrome111', 'firefox121', 'safari16.4'],
    emptyOutDir: false,
    copyPublicDir: false,
    lib: { entry: 'src/widget/widget.ts', formats: ['iife'], name: 'xiaoerWidget', fileName: () => 'widget.js' },
  },
});
