import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEPLOYER_ADDRESS } from '../../src/lab/lab-plan.ts';
import { assertOk, type Lab, runCommand } from './lab.ts';

const PORT = 5000;
const SCRIPT = join(import.meta.dirname, 'lab-aws.py');

/** What the user has on AWS before anything else. */
export interface LabCloud {
  readonly vpc: string;
  readonly subnet: string;
  readonly zone: string;
  /** Ids by address. */
  readonly instances: Readonly<Record<string, string>>;
}

/** What is there. */
export interface CloudShown {
  readonly balancers: readonly {
    readonly hostname: string;
    readonly type: string;
    readonly scheme: string;
    readonly subnets: readonly string[];
    readonly groups: readonly string[];
    readonly ports: readonly number[];
    readonly tags: Readonly<Record<string, string>>;
    readonly targets: readonly { readonly id: string; readonly port: number }[];
  }[];
  /** How many. */
  readonly targetGroups: number;
  readonly groups: readonly string[];
}

/** AWS as moto imitates it, where the hosts of a lab reach it: at the deployer's address on the lab's own network. */
export class LabAws {
  readonly url = `http://${DEPLOYER_ADDRESS}:${PORT}`;
  readonly #lab: Lab;
  readonly #python: string;
  #pid = 0;

  private constructor(lab: Lab, python: string) {
    this.#lab = lab;
    this.#python = python;
  }

  /** Starts it, and returns when it answers. `folder`: where it may write. */
  static async start(lab: Lab, folder: string): Promise<LabAws> {
    const script = join(import.meta.dirname, '../../script/moto-server');
    const place = assertOk(await runCommand([script])).stdout.trim();
    const aws = new LabAws(lab, `${place}/bin/python`);
    const pidFile = join(folder, 'moto.pid');
    const server = [`${place}/bin/moto_server`, '-H', DEPLOYER_ADDRESS, '-p', `${PORT}`];
    const shell = ['sh', '-c', 'echo $$ >"$0"; exec "$@" >"$0.log" 2>&1', pidFile, ...server];
    let ended = false;
    // Thousands of images of machines are left out.
    void lab.seat(shell, { env: { MOTO_EC2_LOAD_DEFAULT_AMIS: 'false' } }).finally(() => {
      ended = true;
    });
    for (let look = 0; look < 240; look += 1) {
      const answer = await lab.seat(['curl', '--silent', '--max-time', '2', '--output', '/dev/null', aws.url]);
      if (ended) throw new Error(`moto ended: ${readFileSync(`${pidFile}.log`, 'utf8')}`);
      if (answer.exit === 0) {
        aws.#pid = Number(readFileSync(pidFile, 'utf8'));
        return aws;
      }
      await sleep(250);
    }
    throw new Error('moto does not answer');
  }

  /** Makes a VPC with an instance for each address. */
  async make(name: string, ...addresses: readonly string[]): Promise<LabCloud> {
    return await this.#ask('make', name, ...addresses);
  }

  async show(): Promise<CloudShown> {
    return await this.#ask('show');
  }

  stop(): void {
    if (this.#pid !== 0) process.kill(this.#pid);
  }

  async #ask<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(assertOk(await this.#lab.seat([this.#python, SCRIPT, this.url, ...args])).stdout);
  }
}
