import type { Argv } from '../core/fact.ts';
import type { ProgramResource } from '../core/resource.ts';
import { folderOf } from './host-memory.ts';
import { FILE_FORMAT, printPut, putPath } from './program-memory.ts';

/**
 * Takes a program from standard input into a new file beside its place (`set -C` opens with O_EXCL). Only one that arrived
 * whole, with the digest that is told, and is on the disk is renamed: what runs of the old one goes on. It is remembered
 * before that: a run that is killed between finds a file that is not as remembered, and puts it there again.
 */
const PUT_PROGRAM = `set -u
umask 077
place=$1 candidate=$2 memory=$3 size=$4 sha256=$5 head=$6 format=$7
fail() { echo "$1" >&2; exit 1; }
trap 'rm -f -- "$candidate" "$memory.partial"' EXIT
trap 'exit 129' HUP INT TERM PIPE
folder=\${place%/*}
[ -d "$folder" ] || (umask 022; mkdir -p -- "$folder") || exit 1
[ -O "$folder" ] || fail "the folder $folder does not belong to root"
[ ! -d "$place" ] || fail "$place is a folder"
(set -C; cat >"$candidate") || exit 1
arrived=$(wc -c <"$candidate")
[ "$arrived" -eq "$size" ] || fail "$arrived of $size bytes arrived; nothing was put in place"
digest=$(sha256sum <"$candidate")
[ "\${digest%% *}" = "$sha256" ] || fail "what arrived has another sha256 than it must have; nothing was put in place"
chmod 0755 -- "$candidate" && chown 0:0 -- "$candidate" && sync -- "$candidate" || exit 1
{ echo "$head" && stat -c "$format" -- "$candidate"; } >"$memory.partial" || exit 1
mv -f -T -- "$memory.partial" "$memory" && mv -f -T -- "$candidate" "$place" || exit 1
`;

/** What `putProgramCommand` is told beside the bytes. */
export interface ArrivingProgram {
  readonly resource: Pick<ProgramResource, 'path' | 'part'>;
  readonly size: number;
  readonly sha256: string;
  /** Letters and digits that no other file beside the place has in its name. */
  readonly unique: string;
}

/** The command that puts a program out of its standard input in place. The folder of the memory must be there. */
export function putProgramCommand({ resource: { path, part }, size, sha256, unique }: ArrivingProgram): Argv {
  const folder = folderOf(path);
  const candidate = `${folder === '/' ? '' : folder}/.konvoy-${unique}.${path.slice(path.lastIndexOf('/') + 1)}`;
  const words = [path, candidate, putPath(path), String(size), sha256, printPut({ part, sha256 }), FILE_FORMAT];
  return ['sh', '-c', PUT_PROGRAM, 'put-program', ...words];
}
