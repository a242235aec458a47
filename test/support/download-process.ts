import { download } from '../../src/bundle/download.ts';

/** A process of its own that downloads one file: `CACHE URL SHA256`. Prints what it says, and at last the file's path. */
const [cache = '', url = '', sha256 = ''] = process.argv.slice(2);
const print = (text: string) => process.stdout.write(`${text}\n`);
print(
  await download(
    { name: 'helm', version: '3.22.0', url, sha256 },
    { cache, env: {}, say: print, signal: new AbortController().signal },
  ),
);
