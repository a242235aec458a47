import { spawnSync } from 'node:child_process';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeConnections, FakeHost, output } from '../../test/support/fake-host.ts';
import { FakeObjects } from '../../test/support/fake-objects.ts';
import { judgeOnHosts } from '../../test/support/judge-on-hosts.ts';
import { settle, writersFor } from '../../test/support/settle.ts';
import { type JsonObject, textAt } from '../core/json.ts';
import type { KubeProxyResource } from '../core/resource.ts';
import { judging } from './judgement.ts';
import type { Writers } from './kind.ts';
import { editConfiguration, readConfiguration } from './component-configuration.ts';
import { differences } from './kube-proxy/configuration.ts';
import { leftChains, TO_TRANSACTION } from './kube-proxy/leftover-rules.ts';
import { kubeProxyKind } from './kube-proxy.ts';

const NODES = ['10.0.50.11', '10.0.50.21'];
const [AT = ''] = NODES;
const kind = judging(kubeProxyKind);
const CONFIG = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
# kept
clusterCIDR: 192.168.0.0/16
conntrack:
  maxPerCore: null
ipvs: null
kind: KubeProxyConfiguration
mode: ""
`;

const wanting = (fields: JsonObject): KubeProxyResource => ({
  kind: 'kube-proxy',
  address: `${AT} kube-proxy`,
  component: 'kube-proxy',
  because: [],
  ensure: 'present',
  host: AT,
  port: 6443,
  fields,
  nodes: NODES,
});

let api: FakeObjects;
let hosts: FakeHost[];
let writers: Writers;
let steps: string[];

const CONFIG_MAP = 'ConfigMap kube-system/kube-proxy';
const DAEMON_SET = 'DaemonSet kube-system/kube-proxy';
const written = (time: string) => ({ managedFields: [{ time: `2026-11-24T${time}Z` }] });

function configMap(text: string, time = '10:00:00'): JsonObject {
  const metadata = { name: 'kube-proxy', namespace: 'kube-system', resourceVersion: '7', ...written(time) };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'config.conf': text, 'kubeconfig.conf': '{}' } };
}

beforeEach(() => {
  steps = [];
  hosts = NODES.map((address) => new FakeHost(address));
  const [first, second] = hosts;
  if (first === undefined || second === undefined) throw new Error('no host');
  api = new FakeObjects(first);
  second.on('sh', () => output(''));
  api.put(configMap(CONFIG));
  api.put({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'kube-proxy', namespace: 'kube-system', ...written('10:00:01') },
    spec: { template: {} },
  });
  api.otherProgram = (program) => {
    if (program.includes('--noflush') || program.includes('nft delete')) return '';
    if (!program.includes('daemonset/kube-proxy')) return undefined;
    return JSON.stringify({ kind: 'List', items: [...api.objects.values()] });
  };
  writers = writersFor(new FakeConnections(hosts), steps);
});

const config = () => textAt(api.objects.get(CONFIG_MAP), 'data', 'config.conf') ?? '';
const edit = (text: string) => api.put(configMap(text, '11:00:00'));

describe('kube-proxy', () => {
  it('is left alone as kubeadm makes it', async () => {
    expect(await judgeOnHosts(writers.hosts, kind, wanting({ mode: 'iptables' }))).toMatchObject({ fields: [] });
  });

  it('gives its place to nobody where the cluster has none', async () => {
    api.objects.clear();
    const judged = await judgeOnHosts(writers.hosts, kind, wanting({ mode: 'nftables' }));
    expect(judged).toMatchObject({ present: false, fields: [] });
  });

  it('is started anew for what somebody wrote into its ConfigMap by hand, once, and that stays', async () => {
    edit(CONFIG.replace('maxPerCore: null', 'maxPerCore: 1000'));
    const { before, after } = await settle(kind, wanting({ mode: 'iptables' }), writers);
    expect(before).toMatchObject({ verb: 'restart', fields: [{ field: 'pods' }], hazards: [] });
    expect(api.deeds).toEqual([`apply ${DAEMON_SET}`, 'rollout daemonset/kube-proxy']);
    expect(config()).toContain('maxPerCore: 1000');
    expect(after).toMatchObject({ fields: [] });
    edit(CONFIG.replace('maxPerCore: null', 'maxPerCore: 2000'));
    expect(await judgeOnHosts(writers.hosts, kind, wanting({ mode: 'iptables' }))).toMatchObject({ verb: 'restart' });
  });

  it('changes its mode: noted first, then the text, the pods, and at last the rules on every host', async () => {
    const { before, after } = await settle(kind, wanting({ mode: 'nftables' }), writers);
    expect(before).toMatchObject({
      verb: 'update',
      fields: [{ field: 'mode', before: 'iptables', after: 'nftables' }],
      hazards: [{ id: 'changes-proxy-mode' }],
    });
    expect(api.deeds).toEqual([
      `apply ${DAEMON_SET}`,
      `replace ${CONFIG_MAP}`,
      `apply ${DAEMON_SET}`,
      'rollout daemonset/kube-proxy',
      `apply ${DAEMON_SET}`,
    ]);
    expect(config()).toBe(CONFIG.replace('mode: ""', 'mode: "nftables"'));
    for (const host of hosts) expect(JSON.stringify(host.journal)).toContain('--noflush');
    expect(steps.at(-1)).toBe('rules of the mode iptables go');
    expect(after).toMatchObject({ fields: [] });
  });

  it('takes rules away that a killed run has left, without starting anything anew', async () => {
    hosts[1]?.on('sh', () => output('', 1, 'lost\n'));
    await expect(settle(kind, wanting({ mode: 'nftables' }), writers)).rejects.toThrow('lost');
    hosts[1]?.on('sh', () => output(''));
    api.deeds.length = 0;
    const { before, after } = await settle(kind, wanting({ mode: 'nftables' }), writers);
    expect(before).toMatchObject({ verb: 'update', fields: [{ field: 'rules of the mode iptables' }], hazards: [] });
    expect(api.deeds).toEqual([`apply ${DAEMON_SET}`]);
    expect(after).toMatchObject({ fields: [] });
  });

  it('gets its text from before where pods do not come up with the new one', async () => {
    api.stuck.add('daemonset/kube-proxy');
    const write = kind.write({ verb: 'update', resource: wanting({ mode: 'nftables' }), fields: [] }, writers);
    await expect(write).rejects.toThrow('does not become ready');
    expect(config()).toBe(CONFIG);
    expect(steps).toContain('the configuration from before comes back');
  });
});

describe('the text of its configuration', () => {
  const edited = (fields: JsonObject) =>
    editConfiguration(CONFIG, differences(readConfiguration(CONFIG) ?? {}, fields));

  it('gets values where kubeadm wrote null, and keeps everything else to the letter', () => {
    const text = edited({ mode: 'ipvs', ipvs: { strictARP: true } });
    expect(text).toBe(CONFIG.replace('ipvs: null', 'ipvs:\n  strictARP: true').replace('mode: ""', 'mode: "ipvs"'));
  });

  it('does not differ where an empty mode means iptables', () => {
    expect(differences(readConfiguration(CONFIG) ?? {}, { mode: 'iptables' })).toEqual([]);
  });

  it('is not guessed at where it is no YAML', () => {
    expect(readConfiguration('mode: [')).toBeUndefined();
  });
});

describe('rules of a mode that was left', () => {
  const SAVED = [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':KUBE-KUBELET-CANARY - [0:0]',
    ':KUBE-SERVICES - [0:0]',
    ':KUBE-SVC-TCOU7JCQXEZGVUNU - [0:0]',
    ':KUBERNETES-OF-A-USER - [0:0]',
    '-A PREROUTING -m comment --comment "cali:x" -j cali-PREROUTING',
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A KUBE-SERVICES -d 10.0.51.10/32 -p udp -j KUBE-SVC-TCOU7JCQXEZGVUNU',
    'COMMIT',
  ].join('\n');
  const transaction = (left: string, mode: string) => {
    const own = leftChains(left, mode)?.source ?? '';
    return spawnSync('awk', ['-v', `own=${own}`, '-v', 'table=nat', TO_TRANSACTION], { input: SAVED, encoding: 'utf8' })
      .stdout;
  };

  it('go in one transaction, and those of the kubelet, of Calico and of the user stay', () => {
    expect(transaction('iptables', 'nftables').trim().split('\n')).toEqual([
      '*nat',
      ':KUBE-SERVICES - [0:0]',
      ':KUBE-SVC-TCOU7JCQXEZGVUNU - [0:0]',
      '-D PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '-X KUBE-SERVICES',
      '-X KUBE-SVC-TCOU7JCQXEZGVUNU',
      'COMMIT',
    ]);
  });

  it('stay where the next mode uses the same chains', () => {
    expect(transaction('iptables', 'ipvs')).not.toContain('-X KUBE-SERVICES');
    expect(transaction('ipvs', 'iptables')).toBe('');
    expect(leftChains('nftables', 'iptables')).toBeUndefined();
  });
});
