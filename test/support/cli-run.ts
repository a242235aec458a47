import type { CliContext } from '../../src/cli/context.ts';
import type { ClusterWorld } from '../../src/cli/cluster-world.ts';
import type { CommandEntry } from '../../src/cli/command-table.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import type { Resource } from '../../src/core/resource.ts';
import type { Check } from '../../src/core/check.ts';
import type { Diagnostic } from '../../src/core/diagnostic.ts';
import type { Role } from '../../src/core/topology.ts';
import { bindComponent } from '../../src/engine/bound-component.ts';
import { FakeConnections, FakeHost } from './fake-host.ts';
import { standInKinds, topologyOf, wanting, withEngineCommands } from './stand-in-kinds.ts';

/** A cluster of three fake hosts, for commands that are given a world. */
export class FakeCluster {
  readonly hosts = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((host) => withEngineCommands(new FakeHost(host)));
  readonly connections = new FakeConnections(this.hosts);
  /** Of the hosts, in their order. */
  roles: readonly Role[] = ['control-plane', 'worker', 'worker'];
  vip: string | undefined;
  resources: readonly Resource[] = [];
  /** What a component of the stage `kubernetes` wants; none: there is no such component. */
  kubernetes: readonly Resource[] = [];
  removal: readonly Resource[] = [];
  checks: readonly Check[] = [];
  remarks: readonly Diagnostic[] = [];

  host(address: string): FakeHost {
    const host = this.hosts.find((each) => each.address === address);
    if (host === undefined) throw new Error(`no host ${address}`);
    return host;
  }

  readonly world: ClusterWorld = {
    load: async () => {
      const roles = this.hosts.map(({ address }, index) => [address, this.roles[index] ?? 'worker'] as const);
      const topology = { ...topologyOf(roles), vip: this.vip };
      const bind = (resources: readonly Resource[]) =>
        bindComponent(
          wanting('keepalived', resources, { checks: () => this.checks, remarks: () => this.remarks }),
          {},
          topology,
        );
      const kubernetes = () =>
        bindComponent(wanting('kube-proxy', this.kubernetes, { stage: 'kubernetes' }), {}, topology);
      return {
        topology,
        ssh: [],
        diagnostics: [],
        ignoredPreflights: [],
        components: [bind(this.resources), ...(this.kubernetes.length === 0 ? [] : [kubernetes()])],
        removal: () => [bind(this.removal)],
      };
    },
    connect: async () => this.connections,
    kinds: async () => standInKinds,
    pins: async () => [],
  };
}

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line in this process. `answers` are typed on the terminal; undefined: there is none. */
export async function runKonvoy(
  argv: readonly string[],
  given: {
    cwd: string;
    commands?: readonly CommandEntry[];
    answers?: readonly string[];
    signal?: AbortSignal;
    env?: CliContext['env'];
  },
): Promise<CliRun> {
  let code: number = EXIT.ok;
  let [stdout, stderr] = ['', ''];
  const answers = [...(given.answers ?? [])];
  const sink = (take: (text: string) => void) => ({
    write: take,
    taken: () => Promise.resolve(),
    isTerminal: false,
    columns: 100,
  });
  const context: CliContext = {
    cwd: given.cwd,
    env: given.env ?? {},
    stdout: sink((text) => {
      stdout += text;
    }),
    stderr: sink((text) => {
      stderr += text;
    }),
    prompt: given.answers === undefined ? undefined : async () => answers.shift() ?? '',
    now: () => Date.UTC(2026, 10, 24, 9),
    random: () => 0.5,
    signal: given.signal ?? new AbortController().signal,
    exitWith: (wanted) => {
      code = wanted;
    },
  };
  await runCli(argv, context, given.commands);
  return { code, stdout, stderr };
}
