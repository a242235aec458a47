import { execFileSync } from 'node:child_process';
import { type FakeHost, output } from './fake-host.ts';

const NOT_RUNNING = 'ctr: failed to dial: connection error: desc = "transport: error while dialing: timeout"\n';

/** Plays `ctr` on a fake host: what was imported is there, by the names that the archive's index gives. */
export class FakeContainerd {
  readonly images = new Set<string>();
  readonly blobs = new Set<string>();
  /** What every call fails with; undefined: it works. */
  failure: string | undefined;
  running = true;

  constructor(host: FakeHost) {
    host.on('ctr', (argv, stdin) => {
      if (!this.running) return output('', 1, NOT_RUNNING);
      if (this.failure !== undefined) return output('', 1, this.failure);
      const words = argv.join(' ');
      if (words.endsWith('images check')) return output(this.#check());
      if (words.endsWith('content ls --quiet')) return output([...this.blobs].map((name) => `${name}\n`).join(''));
      if (/ images import .*-$/.test(words)) return this.#import(Buffer.from(stdin, 'latin1'));
      return output('', 1, `ctr: the fake does not know ${words}\n`);
    });
  }

  #check(): string {
    const lines = [...this.images].map((name) => `${name} type digest complete (2/2) 1.0 MiB/1.0 MiB false\n`);
    return `REF TYPE DIGEST STATUS SIZE UNPACKED \n${lines.join('')}`;
  }

  #import(archive: Buffer) {
    const tar = (...args: string[]) => execFileSync('tar', args, { input: archive, encoding: 'utf8' });
    for (const name of tar('-tf', '-').split('\n')) {
      if (name.startsWith('blobs/sha256/')) this.blobs.add(`sha256:${name.slice('blobs/sha256/'.length)}`);
    }
    for (const [, name = ''] of tar('-xOf', '-', 'index.json').matchAll(/"io\.containerd\.image\.name":"([^"]+)"/g)) {
      this.images.add(name);
    }
    return output('');
  }
}
