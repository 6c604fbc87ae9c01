import { readFileSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const server = 'http://127.0.0.1:8000';

/** What public/docs.html shows the HTTP interface with, from the package as it is. */
const swaggerUi = {
  name: 'swagger-ui',
  apply: 'build' as const,
  generateBundle(this: { emitFile(file: { type: 'asset'; fileName: string; source: string }): unknown }) {
    for (const file of ['swagger-ui-bundle.js', 'swagger-ui.css']) {
      const source = readFileSync(new URL(`node_modules/swagger-ui-dist/${file}`, import.meta.url), 'utf8');
      this.emitFile({ type: 'asset', fileName: `vendor/${file}`, source });
    }
  },
};

export default defineConfig({
  plugins: [svelte(), swaggerUi],
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
