import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { ROUTES } from './web/src/routes.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const server = `http://127.0.0.1:${process.env.PORT ?? 4000}`;

/** Tells the server which paths are pages. */
const routes: Plugin = {
  name: 'routes',
  generateBundle() {
    const source = JSON.stringify(Object.values(ROUTES));
    this.emitFile({ type: 'asset', fileName: 'routes.json', source });
  },
};

export default defineConfig({
  root: path('web'),
  plugins: [react(), routes],
  build: {
    // The first browsers with light-dark(), the newest thing the styles use.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // The content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: { '/graphql': server, '/livez': server, '/readyz': server },
  },
});
