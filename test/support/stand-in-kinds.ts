import { type FakeHost, output } from './fake-host.ts';
import type { Component, Discovery, Stage } from '../../src/core/component.ts';
import type { HostAddress } from '../../src/core/address.ts';
import { ask, type Fact, FactUnreadable } from '../../src/core/fact.ts';
import type { HazardId } from '../../src/core/plan.ts';
import type { ComponentName, FileResource, IptablesRulesResource, Resource } from '../../src/core/resource.ts';
import { revealText } from '../../src/core/secret.ts';
import type { Role, Topology } from '../../src/core/topology.ts';
import type { KindTable } from '../../src/kinds/dispatch.ts';
import { judging } from '../../src/kinds/judgement.ts';
import type { Kind } from '../../src/kinds/kind.ts';

/** What `cat` prints; undefined where there is no such file. */
const content: Fact<{ path: string }, string | undefined> = {
  name: 'content',
  command: ({ path }) => ['cat', '--', path],
  parse: ({ exit, stdout, stderr }) => {
    if (exit === 0) return stdout;
    if (stderr.includes('No such file')) return undefined;
    throw new FactUnreadable(stderr.trim());
  },
};

/** Files without marks, modes and originals: enough to see what the engine does. */
const standInFile: Kind<FileResource, string> = {
  rollout: 'parallel',
  asks: ({ host, path }) => [ask(content, host, { path })],
  seen: ({ host, path }, facts) => {
    const answer = facts.get(ask(content, host, { path }));
    if (!answer.ok) return { is: 'unreadable', why: answer.why };
    return answer.value === undefined ? { is: 'absent' } : { is: 'present', state: answer.value };
  },
  diff: (wanted, seen) => {
    const before = seen.is === 'present' ? { before: seen.state } : {};
    if (wanted.ensure === 'absent') return seen.is === 'present' ? [{ field: 'content', ...before }] : [];
    const after = revealText(wanted.content);
    return seen.is === 'present' && seen.state === after ? [] : [{ field: 'content', ...before, after }];
  },
  write: async ({ resource }, { hosts }) => {
    const writer = await hosts.writer(resource.host);
    if (resource.ensure === 'absent') await writer.run(['rm', '-f', '--', resource.path]);
    else await writer.writeFile(resource.path, resource.content, { mode: resource.mode });
  },
};

/** Rules as the lines of a file: a guarded kind. */
const standInRules: Kind<IptablesRulesResource, string> = {
  rollout: 'guarded',
  asks: ({ host }) => [ask(content, host, { path: '/rules' })],
  seen: ({ host }, facts) => {
    const answer = facts.get(ask(content, host, { path: '/rules' }));
    if (!answer.ok) return { is: 'unreadable', why: answer.why };
    return answer.value === undefined ? { is: 'absent' } : { is: 'present', state: answer.value };
  },
  diff: ({ rules }, seen) => {
    const after = rules.map(({ args }) => args.join(' ')).join('\n');
    const before = seen.is === 'present' ? seen.state : '';
    return before === after ? [] : [{ field: 'rules', before, after }];
  },
  refusals: (_wanted, seen) => (seen.is === 'present' && seen.state === 'foreign' ? ['a foreign chain drops'] : []),
  write: async ({ resource }, { hosts }) => {
    const writer = await hosts.writer(resource.host);
    const text = resource.rules.map(({ args }) => args.join(' ')).join('\n');
    await writer.writeFile('/rules', text, { mode: 0o600 });
  },
};

const unused = {
  rollout: 'parallel',
  asks: () => [],
  asksMore: () => [],
  asksAtLast: () => [],
  touches: () => [],
  judge: () => never(),
  needs: () => [],
  write: () => never(),
} as const;

function never(): never {
  throw new Error('this kind has no stand-in');
}

/** A table of kinds with two that work: `file` (parallel) and `iptables-rules` (guarded). */
export const standInKinds: KindTable = {
  file: judging(standInFile),
  'iptables-rules': judging(standInRules),
  package: unused,
  unit: unused,
  'foreign-firewall': unused,
  'cluster-member': unused,
  node: unused,
  'kube-object': unused,
  'kube-secret': unused,
  'pod-network': unused,
  'route-reflectors': unused,
  'helm-release': unused,
  'cluster-dns': unused,
  'kube-proxy': unused,
  program: unused,
  images: unused,
  sysctl: unused,
  'kernel-module': unused,
  swap: unused,
  'program-copy': unused,
  'security-group': unused,
  'target-group': unused,
  'load-balancer': unused,
  tags: unused,
  'source-destination-check': unused,
};

/** A topology with these hosts. */
export function topologyOf(hosts: readonly (readonly [HostAddress, Role])[]): Topology {
  return {
    clusterName: 'test',
    provider: 'none',
    hosts: hosts.map(([address, role]) => ({ address, role, nodePool: role, sshPort: 22 })),
    endpoint: undefined,
    vip: undefined,
    podSubnet: '192.168.0.0/16',
    serviceSubnet: '10.96.0.0/16',
    kubernetesVersion: '1.36.3',
    encapsulation: 'ipip',
    bgp: true,
    metallbLayer2: false,
    metallbBgp: false,
    metallbBfd: false,
  };
}

/** A file that `keepalived` wants on a host. */
export function wantedFile(host: HostAddress, path: string, text: string, hazard?: HazardId): FileResource {
  return {
    kind: 'file',
    address: `${host} file:${path}`,
    component: 'keepalived',
    because: ['spec'],
    ensure: 'present',
    host,
    path,
    content: text,
    mode: 0o644,
    ...(hazard === undefined ? {} : { hazards: { create: hazard, update: hazard } }),
  };
}

/** Rules that `firewall` wants on a host. */
export function wantedRules(host: HostAddress, ...rules: readonly string[]): IptablesRulesResource {
  return {
    kind: 'iptables-rules',
    address: `${host} iptables-rules:INPUT`,
    component: 'firewall',
    because: ['spec'],
    ensure: 'present',
    host,
    chain: 'INPUT',
    rules: rules.map((rule) => ({ args: rule.split(' ') })),
    lingering: [],
    sshPort: 22,
    probePorts: [],
    peers: [],
  };
}

/** A component that wants these resources, whatever its section; of the stage `hosts` where nothing else is said. */
export function wanting(
  name: ComponentName,
  resources: readonly Resource[],
  extra: {
    stage?: Stage;
    discover?: () => Discovery<unknown>;
    checks?: Component<unknown>['checks'];
    remarks?: Component<unknown>['remarks'];
    oneByOne?: readonly HostAddress[] | undefined;
    atOnce?: number;
  } = {},
): Component<unknown> {
  const { stage, discover, checks, remarks, oneByOne, atOnce } = extra;
  return {
    name,
    stage: stage ?? 'hosts',
    desired: () => resources,
    checks: checks ?? (() => []),
    remarks: remarks ?? (() => []),
    oneByOne: () => oneByOne,
    atOnce: () => atOnce ?? 1,
    ...(discover === undefined ? {} : { discover }),
  };
}

/** Gives a fake host what the engine itself runs: lines for the journal. */
export function withEngineCommands(host: FakeHost): FakeHost {
  return host.on('logger', () => output(''));
}
