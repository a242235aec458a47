// Bundles the command into one file: a quick start matters for a command that is typed all day.
import { chmodSync } from 'node:fs';
import { build } from 'esbuild';

await build({
  entryPoints: { konvoy: 'src/main.ts' },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  sourcemap: false,
  minifySyntax: true,
  legalComments: 'none',
  // ssh2 needs __dirname and optional native parts, so it stays a package of its own, loaded only when a host is dialled.
  external: ['ssh2'],
  // Their `main` is one file with all of AWS's calls; of the modules, only the calls that konvoy makes get in (1.3 MB less).
  alias: Object.fromEntries(
    ['@aws-sdk/client-ec2', '@aws-sdk/client-elastic-load-balancing-v2'].map((name) => [
      name,
      `${name}/dist-es/index.js`,
    ]),
  ),
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as konvoyCreateRequire } from 'node:module';\nconst require = konvoyCreateRequire(import.meta.url);",
  },
});
chmodSync('dist/konvoy.js', 0o755);
