import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readModels } from './service-model.ts';

/** Where the tests' AWS is. */
export const REGION = 'us-west-2';

/** AWS's imitation takes any credentials; konvoy wants to have some. */
export function takeTestCredentials(): void {
  process.env.AWS_ACCESS_KEY_ID = 'test';
  process.env.AWS_SECRET_ACCESS_KEY = 'test';
}

/** One call that came through the proxy. */
export interface SeenCall {
  readonly service: string;
  readonly action: string;
  readonly params: URLSearchParams;
  /** Undefined where nobody answered. */
  status?: number;
}

/** What becomes of a call: AWS's imitation answers, something else does, or nobody. */
export type Fate =
  | 'forward'
  | { readonly status: number; readonly body: string }
  /** The imitation answers, and the caller hears something else. */
  | { readonly rewrite: (body: string) => string }
  /** `after` the imitation has done it, or `before`; the caller hears nothing. */
  | { readonly hangUp: 'before' | 'after'; readonly meanwhile?: () => void };

/**
 * moto, which imitates AWS, behind a proxy that writes down every call, holds it against AWS's own model and can let it go
 * wrong.
 */
export class Moto {
  readonly calls: SeenCall[] = [];
  /** What AWS's own models say against calls. Empty at the end of every test. */
  readonly faults: string[] = [];
  fate: (call: SeenCall) => Fate = () => 'forward';
  /** Machines on a page of an answer, 5 or more; undefined: all that there are. */
  pageSize: number | undefined;
  readonly url: string;
  /** Where the files of its users are; it goes with `stop`. */
  readonly folder = mkdtempSync(join(tmpdir(), 'konvoy-moto-'));
  readonly #server: Server;
  readonly #moto: ChildProcess;
  readonly #motoPort: number;
  readonly #check: ReturnType<typeof readModels>;

  private constructor(server: Server, moto: ChildProcess, motoPort: number, check: ReturnType<typeof readModels>) {
    this.#server = server;
    this.#moto = moto;
    this.#motoPort = motoPort;
    this.#check = check;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<Moto> {
    const script = fileURLToPath(new URL('../../script/moto-server', import.meta.url));
    const folder = execFileSync(script, { encoding: 'utf8' }).trim();
    const motoPort = await freePort();
    const moto = spawn(`${folder}/bin/moto_server`, ['-H', '127.0.0.1', '-p', `${motoPort}`], {
      stdio: 'ignore',
      // Thousands of images of machines, read anew after each reset.
      env: { ...process.env, MOTO_EC2_LOAD_DEFAULT_AMIS: 'false' },
    });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const made = new Moto(server, moto, motoPort, readModels(folder));
    server.on('request', (incoming, answer) => void made.#serve(incoming, answer));
    for (let tries = 0; ; tries += 1) {
      try {
        await made.reset();
        return made;
      } catch (error) {
        if (tries === 240 || moto.exitCode !== null) throw error;
        await sleep(250);
      }
    }
  }

  /** Forgets all that was made, and all calls. */
  async reset(): Promise<void> {
    await fetch(`http://127.0.0.1:${this.#motoPort}/moto-api/reset`, { method: 'POST' });
    this.calls.length = 0;
    this.faults.length = 0;
    this.fate = () => 'forward';
    this.pageSize = undefined;
  }

  /** What was called that is more than a question, in order. */
  writes(): readonly string[] {
    return this.calls.map(({ action }) => action).filter((action) => !action.startsWith('Describe'));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#moto.kill();
    rmSync(this.folder, { recursive: true });
  }

  /** The URL of moto itself: for what tests do on their own behalf. */
  get direct(): string {
    return `http://127.0.0.1:${this.#motoPort}`;
  }

  async #serve(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const params = new URLSearchParams(body.toString());
    const service = /Credential=[^/]*\/\d+\/[^/]*\/([^/]*)\//.exec(incoming.headers.authorization ?? '')?.[1] ?? '';
    const call: SeenCall = { service, action: params.get('Action') ?? '', params };
    this.calls.push(call);
    this.faults.push(...this.#check(service, params));
    const fate = this.fate(call);
    if (fate === 'forward' || 'rewrite' in fate || ('hangUp' in fate && fate.hangUp === 'after')) {
      const paged = this.pageSize !== undefined && call.action === 'DescribeInstances';
      const real = await this.#forward(incoming, paged ? Buffer.from(`${body}&MaxResults=${this.pageSize}`) : body);
      if (fate !== 'forward' && 'hangUp' in fate) return hangUp(incoming, fate);
      call.status = real.status;
      const heard = fate === 'forward' ? real.body : fate.rewrite(real.body.toString());
      answer.writeHead(real.status, { 'content-type': 'text/xml' }).end(heard);
    } else if ('hangUp' in fate) {
      hangUp(incoming, fate);
    } else {
      call.status = fate.status;
      answer.writeHead(fate.status, { 'content-type': 'text/xml' }).end(fate.body);
    }
  }

  #forward(incoming: IncomingMessage, body: Buffer): Promise<{ status: number; body: Buffer }> {
    return new Promise((resolve, reject) => {
      const { method, headers, url: path } = incoming;
      const sent = { ...headers, 'content-length': `${body.length}` };
      const out = request({ host: '127.0.0.1', port: this.#motoPort, method, path, headers: sent }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }));
      });
      out.on('error', reject);
      out.end(body);
    });
  }
}

function hangUp(incoming: IncomingMessage, { meanwhile }: { meanwhile?: () => void }): void {
  meanwhile?.();
  incoming.socket.destroy();
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** An error as the service sends it. */
export function refusal({ service }: SeenCall, status: number, code: string, message = code): Fate {
  const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  const body =
    service === 'ec2'
      ? `<Response><Errors>${error}</Errors><RequestID>1</RequestID></Response>`
      : `<ErrorResponse>${error}<RequestId>1</RequestId></ErrorResponse>`;
  return { status, body };
}
