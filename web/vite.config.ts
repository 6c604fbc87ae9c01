import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const server = 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // Every asset is a file: the page runs under a content security policy without data: scripts or fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    // What several pages share is one file, not fifteen.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'shared', test: /src\/(lib|components)/, minShareCount: 2 }] } },
    },
  },
  server: { proxy: { '/api': server } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
