import { describe, expect, it } from 'vitest';
import { earlyTables } from './iptables-save.ts';
import { networkPolicies, networkState } from './network-state.ts';
import { podAnswers, probeCall, type ProbeCall, watchSummaries } from './probe-answers.ts';
import { probeObjects, probeWarnings } from './probe-objects.ts';

const ok = (stdout: string) => ({ exit: 0, stdout, stderr: '' });
const failed = (exit: number, stderr: string) => ({ exit, stdout: '', stderr });
const SERVER = { server: '10.0.50.11:6443' };
const PLACE = { ...SERVER, namespace: 'konvoy-verify-bvces0' };

describe('what the cluster says about the network of pods', () => {
  // kubectl 1.36.3, Calico 3.28.5.
  const SAID = [
    '1795537168',
    'konvoy-verify-k3x9aa\t1795537000',
    '--',
    'calico-node\tcalico-node-5f49p\t10.0.50.11\t10.0.50.11\tTrue\t',
    'kube-dns\tcoredns-589f44dc88-2p9hq\t10.0.50.21\t192.168.218.11\tTrue\t',
    'kube-dns\tcoredns-589f44dc88-9v6db\t10.0.50.22\t192.168.157.66\tTrue\t2026-11-24T16:00:31Z',
    'kube-proxy\tkube-proxy-5lwd9\t10.0.50.22\t10.0.50.22\tFalse\t',
    'kube-dns\tcoredns-589f44dc88-phdwc\t\t\t\t',
    '--',
    '.:53 {\n    forward . /etc/resolv.conf\n}\n',
  ].join('\n');

  it('has a clock, what earlier runs left, pods that are ready and will stay, and the Corefile', () => {
    const { now, namespaces, pods, corefile } = networkState.parse(ok(SAID), SERVER);
    expect(now).toBe(1_795_537_168);
    expect(namespaces).toEqual([{ name: 'konvoy-verify-k3x9aa', until: 1_795_537_000 }]);
    expect(pods.filter(({ ready }) => ready).map(({ name }) => name)).toEqual([
      'calico-node-5f49p',
      'coredns-589f44dc88-2p9hq',
    ]);
    expect(pods).toHaveLength(5);
    expect(corefile).toBe('.:53 {\n    forward . /etc/resolv.conf\n}\n');
  });

  it('is unreadable where the API does not answer', () => {
    const refused = failed(1, 'The connection to the server 10.0.50.11:6443 was refused\n');
    expect(() => networkState.parse(refused, SERVER)).toThrow(/was refused/);
  });

  it('names policies with their namespace, where they have one', () => {
    const said = ok('NetworkPolicy default/deny\nGlobalNetworkPolicy /default-deny\n');
    expect(networkPolicies.parse(said, SERVER)).toEqual([
      'NetworkPolicy default/deny',
      'GlobalNetworkPolicy default-deny',
    ]);
  });
});

describe('what stands in the namespace of a run', () => {
  it('are pods that run or why they do not, and Services', () => {
    const said = [
      'Pod\tasker-0\t10.0.50.11\t192.168.10.3\tRunning\t\t\t\t',
      'Pod\tasker-1\t10.0.50.21\t\tPending\t\tContainerCreating\t\t',
      'Pod\tasker-2\t10.0.50.22\t\tPending\t\tErrImageNeverPull\t\t',
      'Pod\tother-2\t10.0.50.22\t\tFailed\tDeadlineExceeded\t\t\t',
      'Service\tany\t\t\t\t\t\t10.0.51.97\t',
      'Service\toutside\t\t\t\t\t\t10.0.51.12\t31380',
      'Service\tpods\t\t\t\t\t\tNone\t',
    ];
    const { pods, services } = probeObjects.parse(ok(said.map((line) => `${line}\n`).join('')), PLACE);
    expect(pods.map(({ running, why }) => [running, why])).toEqual([
      [true, ''],
      [false, ''],
      [false, 'ErrImageNeverPull'],
      [false, 'DeadlineExceeded'],
    ]);
    expect(services).toEqual([
      { name: 'any', clusterAddress: '10.0.51.97', nodePort: 0 },
      { name: 'outside', clusterAddress: '10.0.51.12', nodePort: 31_380 },
      { name: 'pods', clusterAddress: 'None', nodePort: 0 },
    ]);
  });

  it('has events, of which the last about a pod counts', () => {
    const event = (message: string) => ({ involvedObject: { name: 'asker-0' }, reason: 'Failed', message });
    const said = ok(JSON.stringify({ items: [event('first'), event('last')] }));
    expect(probeWarnings.parse(said, PLACE)).toEqual(new Map([['asker-0', 'Failed: last']]));
  });
});

describe('what pods print', () => {
  const call: ProbeCall = {
    ...PLACE,
    verb: 'ask',
    inputs: new Map([
      ['asker-0', '[]'],
      ['asker-1', '[]'],
    ]),
    limit: 30,
  };

  it('comes for each pod by itself, with why one could not be asked', () => {
    const said = [
      '= asker-0 0',
      '> {"ok":true,"ms":1.445,"attempts":1,"by":"asker-1","from":"192.168.10.3:41642"}',
      '> {"ok":false,"ms":500.9,"attempts":9,"failure":"timeout","error":"i/o timeout"}',
      '= asker-1 1',
      '! error: Internal error occurred: error sending request: dial tcp 10.0.50.21:10250: i/o timeout',
      '',
    ].join('\n');
    const found = probeCall.parse(ok(said), call);
    const first = found.get('asker-0');
    expect(first?.ok && podAnswers(first.lines).map((answer) => answer.failure ?? answer.by)).toEqual([
      'asker-1',
      'timeout',
    ]);
    expect(found.get('asker-1')).toMatchObject({ ok: false, why: expect.stringContaining(':10250: i/o timeout') });
  });

  it('is unreadable where a pod is missing, or says something else', () => {
    expect(() => probeCall.parse(failed(1, 'mktemp: No space left on device\n'), call)).toThrow(/No space left/);
    expect(() => probeCall.parse(ok('= asker-0 0\n> oops\n= asker-1 0\n'), call)).toThrow(/printed "oops"/);
    expect(() => podAnswers([{ pod: 'x' }])).toThrow();
    expect(() => watchSummaries([{ id: '1', sent: 3 }])).toThrow();
  });

  it('after a watch are sums', () => {
    const summary = { id: '0', sent: 31, lost: 2, longestGapMs: 216.2 };
    expect(watchSummaries([summary])).toEqual([summary]);
  });
});

describe('rules before those of table filter', () => {
  it('are read of each table that is there', () => {
    const said =
      '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -j DROP\nCOMMIT\n*mangle\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n';
    const tables = earlyTables.parse(ok(said), 'nft');
    expect(tables.map(({ name, table }) => [name, table.chains.get('PREROUTING')?.length])).toEqual([
      ['raw', 1],
      ['mangle', 0],
    ]);
    expect(earlyTables.parse(ok(''), 'legacy')).toEqual([]);
    expect(earlyTables.parse(failed(127, ''), 'nft')).toEqual([]);
  });
});
