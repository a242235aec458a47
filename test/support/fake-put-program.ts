import { createHash } from 'node:crypto';
import { type FakeHost, output } from './fake-host.ts';

/**
 * Plays the script of `program-script.ts` on a fake host, and says which machine it is. The script itself has a test with a
 * real shell.
 */
export function playPutProgram(host: FakeHost, machine = 'x86_64'): void {
  host.on('sh', (argv, stdin, { files }) => {
    if (argv[2]?.startsWith('uname ')) return output(`${host.address} 6.1.0 ${machine}\n`);
    if (argv[3] !== 'put-program') return output('', 127, 'sh: not known to the fake\n');
    const [place = '', candidate = '', memory = '', size = '', sha256 = '', head = ''] = argv.slice(4);
    if (Buffer.byteLength(stdin) !== Number(size)) return output('', 1, 'not all bytes arrived\n');
    if (createHash('sha256').update(stdin).digest('hex') !== sha256) return output('', 1, 'another sha256\n');
    files.makeFolders(place.slice(0, place.lastIndexOf('/')));
    files.write(candidate, stdin, 0o755);
    const written = files.get(candidate);
    files.write(memory, `${head}\nfile ${written?.inode} ${size} ${written?.mtime}\n`, 0o600);
    files.rename(candidate, place);
    return output('');
  });
}
