import type { HostReader } from '../../connections/host.ts';
import { KonvoyError } from '../../core/errors.ts';

/** Bytes of one block. As base64 it is 11 MiB, and a round trip gives 16 at most. */
export const BLOCK_BYTES = 8 * 1024 * 1024;

const READ_BLOCK = `dd if="$1" bs=${BLOCK_BYTES} skip="$2" count=1 status=none | base64 --wrap=0`;

/**
 * The bytes of a file on a host, block by block: no more than one of them is in memory. `path` is absolute, `size` its
 * bytes. Throws where a block has not the length that it should have.
 */
export async function* readFileBlocks(reader: HostReader, path: string, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at * BLOCK_BYTES < size; at += 1) {
    const [output] = await reader.query([['sh', '-c', READ_BLOCK, 'sh', path, String(at)]], { timeoutMs: 600_000 });
    const block = Buffer.from(output?.stdout ?? '', 'base64');
    if (block.length !== Math.min(BLOCK_BYTES, size - at * BLOCK_BYTES)) {
      throw new KonvoyError(
        `${reader.address}: ${path} could not be read whole: ${output?.stderr.trim() || 'it changed'}`,
      );
    }
    yield block;
  }
}
