import { join } from 'node:path';
import { DEPLOYER_ADDRESS } from '../../src/lab/lab-plan.ts';
import { assertOk, type Lab, runCommand } from './lab.ts';
import { type SeatServer, startInSeat } from './seat-server.ts';

const PORT = 5000;
const URL = `http://${DEPLOYER_ADDRESS}:${PORT}`;
const SCRIPT = join(import.meta.dirname, 'lab-aws.py');
const BALANCER = join(import.meta.dirname, 'lab-balancer.py');

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
  readonly url = URL;
  readonly #lab: Lab;
  readonly #folder: string;
  readonly #python: string;
  readonly #server: SeatServer;

  private constructor(lab: Lab, folder: string, python: string, server: SeatServer) {
    this.#lab = lab;
    this.#folder = folder;
    this.#python = python;
    this.#server = server;
  }

  /** Starts it, and returns when it answers. `folder`: where it may write. */
  static async start(lab: Lab, folder: string): Promise<LabAws> {
    const script = join(import.meta.dirname, '../../script/moto-server');
    const place = assertOk(await runCommand([script])).stdout.trim();
    const server = [`${place}/bin/moto_server`, '-H', DEPLOYER_ADDRESS, '-p', `${PORT}`];
    const asks = ['curl', '--silent', '--max-time', '2', '--output', '/dev/null', URL];
    const answers = async () => (await lab.seat(asks)).exit === 0;
    // Thousands of images of machines are left out.
    const env = { MOTO_EC2_LOAD_DEFAULT_AMIS: 'false' };
    const started = await startInSeat(lab, folder, 'moto', server, answers, env);
    return new LabAws(lab, folder, `${place}/bin/python`, started);
  }

  /** Makes a VPC with an instance for each address. */
  async make(name: string, ...addresses: readonly string[]): Promise<LabCloud> {
    return await this.#ask('make', name, ...addresses);
  }

  async show(): Promise<CloudShown> {
    return await this.#ask('show');
  }

  /**
   * Plays the network load balancer of the API on `port` of the deployer's address: passes TCP on to the targets that moto
   * has for it, those whose /readyz answers. Its output has a line `CLIENT TARGET` for each connection.
   */
  async playBalancer(port: number): Promise<SeatServer> {
    const argv = [this.#python, BALANCER, this.url, DEPLOYER_ADDRESS, `${port}`];
    const asks = ['curl', '--silent', '--max-time', '2', `telnet://${DEPLOYER_ADDRESS}:${port}`];
    const answers = async () => (await this.#lab.seat(asks, { input: '' })).exit !== 7;
    return await startInSeat(this.#lab, this.#folder, 'balancer', argv, answers);
  }

  stop(): void {
    this.#server.stop();
  }

  async #ask<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(assertOk(await this.#lab.seat([this.#python, SCRIPT, this.url, ...args])).stdout);
  }
}
