/**
 * Gathers one output stream until the closing lines of a script's frames have arrived. Only new bytes are searched, so
 * a long output costs no more than its length.
 */
export class FrameCollector {
  readonly #closing: Buffer;
  readonly #chunks: Buffer[] = [];
  #tail: Buffer = Buffer.alloc(0);
  #missing: number;
  #size = 0;

  constructor(mark: string, frames: number) {
    this.#closing = Buffer.from(`\n${mark} `);
    this.#missing = frames;
  }

  /** Bytes gathered. */
  get size(): number {
    return this.#size;
  }

  get complete(): boolean {
    return this.#missing === 0;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const window = Buffer.concat([this.#tail, chunk]);
    let from = 0;
    while (this.#missing > 0) {
      const at = window.indexOf(this.#closing, from);
      if (at === -1) {
        this.#tail = window.subarray(Math.max(from, window.length - this.#closing.length + 1));
        return;
      }
      const lineEnd = window.indexOf('\n', at + this.#closing.length);
      if (lineEnd === -1) {
        this.#tail = window.subarray(at);
        return;
      }
      this.#missing -= 1;
      from = lineEnd + 1;
    }
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
