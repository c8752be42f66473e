import { defineConfig } from 'vite';

// Relative URLs, so that the page works under any path. No inline script, no inline picture: the page's policy allows neither.
export default defineConfig({
  base: './',
  build: {
    target: 'es2023',
    outDir: 'dist',
    assetsDir: 'web',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    rollupOptions: { input: ['index.html', 'admin.html'] },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '^/(v1|health|ready|openapi.json|docs)': 'http://127.0.0.1:8080',
      '^/admin/': 'http://127.0.0.1:8080',
    },
  },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
} as Parameters<typeof defineConfig>[0]);
