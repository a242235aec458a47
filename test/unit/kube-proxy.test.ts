import { describe, expect, it } from 'vitest';
import { factsOfCluster, readyNode } from '../support/cluster-output.ts';
import { output } from '../support/fake-commands.ts';
import { topologyOf } from '../support/stand-in-kinds.ts';
import { ask } from '../../src/core/fact.ts';
import { controlPlaneOf } from '../../src/core/topology.ts';
import { FactStore } from '../../src/engine/fact-store.ts';
import { proxyModeSupport } from '../../src/facts/proxy-mode-support.ts';
import { checks } from '../../src/components/kube-proxy/checks.ts';
import { desired } from '../../src/components/kube-proxy/desired.ts';
import { discover } from '../../src/components/kube-proxy/discover.ts';
import { judgeConfiguration, printConfigurationFinding } from '../../src/components/kube-proxy/judge-configuration.ts';
import type { KubeProxySection } from '../../src/components/kube-proxy/section.ts';

/** As kubeadm writes it. */
const CONFIG = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
bindAddressHardFail: false
clientConnection:
  acceptContentTypes: ""
  burst: 0
  contentType: ""
  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
  qps: 0
clusterCIDR: 192.168.0.0/16
configSyncPeriod: 0s
conntrack:
  maxPerCore: null
  min: null
  tcpBeLiberal: false
  tcpCloseWaitTimeout: null
  tcpEstablishedTimeout: null
  udpStreamTimeout: 0s
  udpTimeout: 0s
detectLocal:
  bridgeInterface: ""
  interfaceNamePrefix: ""
detectLocalMode: ""
enableProfiling: false
healthzBindAddress: ""
hostnameOverride: ""
iptables:
  localhostNodePorts: null
  masqueradeAll: false
  masqueradeBit: null
  minSyncPeriod: 0s
  syncPeriod: 0s
ipvs:
  excludeCIDRs: null
  minSyncPeriod: 0s
  scheduler: ""
  strictARP: false
  syncPeriod: 0s
  tcpFinTimeout: 0s
  tcpTimeout: 0s
  udpTimeout: 0s
kind: KubeProxyConfiguration
logging:
  flushFrequency: 0
  options:
    json:
      infoBufferSize: "0"
    text:
      infoBufferSize: "0"
  verbosity: 0
metricsBindAddress: ""
mode: iptables
nftables:
  masqueradeAll: false
  masqueradeBit: null
  minSyncPeriod: 0s
  syncPeriod: 0s
nodePortAddresses: null
oomScoreAdj: null
portRange: ""
showHiddenMetricsForVersion: ""
winkernel:
  enableDSR: false
  forwardHealthCheckVip: false
  networkName: ""
  rootHnsEndpointName: ""
  sourceVip: ""
`;

const found = (text: string) =>
  judgeConfiguration(text).map((finding) => `${finding.severity} ${printConfigurationFinding(finding)}`);

describe('the configuration of kube-proxy', () => {
  it('is as kubeadm writes it', () => {
    expect(found(CONFIG)).toEqual([]);
  });

  it.each([
    [
      'a misspelt field, which kube-proxy passes over',
      CONFIG.replace('strictARP:', 'strictArp:'),
      /^warn config\.conf:37:14: ipvs\.strictArp is no field/,
    ],
    [
      'a field that stands there twice',
      `${CONFIG}mode: ipvs\n`,
      /^warn config\.conf:\d+:\d+: a field stands there twice/,
    ],
    ['a mode that there is not', CONFIG.replace('mode: iptables', 'mode: iptabels'), /^fail config\.conf:52:7: mode /],
    [
      'a duration without its unit',
      CONFIG.replace('configSyncPeriod: 0s', 'configSyncPeriod: 15'),
      /^fail .*:11:19: configSyncPeriod /,
    ],
    ['another kind of document', CONFIG.replace('v1alpha1', 'v1'), /^fail .*:1:13: apiVersion /],
    ['a brace that is open', `${CONFIG}portRange2: {`, /^fail config\.conf:\d+:\d+: /],
    ['nothing', '', /^fail config\.conf:1:1: /],
  ])('has %s', (_, text, expected) => {
    expect(found(text)[0]).toMatch(expected);
  });
});

const topology = topologyOf([
  ['10.0.50.11', 'control-plane'],
  ['10.0.50.21', 'worker'],
]);
const section = (mode: KubeProxySection['mode']): KubeProxySection => ({ mode, fields: { mode } });
const factsWith = (kubeProxyConfig: string | undefined) =>
  factsOfCluster(controlPlaneOf(topology), {
    nodes: [readyNode('10.0.50.11')],
    configuration: '',
    calico: undefined,
    kubeProxyConfig,
  });

describe('kube-proxy', () => {
  it('is wanted of the host that speaks for the cluster, and cleaned up on every node', () => {
    const { section: settled, diagnostics } = discover(section('nftables'), topology).settle(
      factsWith(CONFIG),
      () => 0,
    );
    expect(diagnostics).toEqual([]);
    expect(desired(settled, topology)).toMatchObject([
      { kind: 'kube-proxy', host: '10.0.50.11', fields: { mode: 'nftables' }, nodes: ['10.0.50.11', '10.0.50.21'] },
    ]);
    expect(desired(undefined, topology)).toEqual([]);
  });

  it.each([
    ['a field that it passes over is a warning', CONFIG.replace('strictARP', 'strictArp'), 'warning', 'warn'],
    ['a text that it ends with stops a run', 'mode: [', 'error', 'fail'],
  ])('%s of the plan, and of the check', (_, text, severity, verdict) => {
    const facts = factsWith(text);
    const { diagnostics } = discover(section('iptables'), topology).settle(facts, () => 0);
    expect(diagnostics[0]).toMatchObject({ code: 'kube-proxy-config', severity });
    const check = checks(section('iptables'), topology).find(({ id }) => id === 'kube-proxy-config');
    expect(check?.judge(facts)).toMatchObject({ is: verdict });
  });

  it('says so where a cluster has none', () => {
    const facts = factsWith(undefined);
    expect(discover(section('iptables'), topology).settle(facts, () => 0).diagnostics).toEqual([]);
    const check = checks(section('iptables'), topology).find(({ id }) => id === 'kube-proxy-config');
    expect(check?.judge(facts)).toMatchObject({ is: 'warn' });
  });

  it.each([
    ['nftables', output(''), { is: 'pass' }],
    ['nftables', output('', 46, 'Error: Could not process rule: Operation not supported\n'), { is: 'fail' }],
    ['nftables', output('4.18.0-553.el8\n', 45), { is: 'fail', summary: expect.stringContaining('5.13') }],
    ['nftables', output('6.1.0-18-amd64\n', 45), { is: 'warn' }],
    ['nftables', output('', 1, 'unshare: failed\n'), { is: 'unknown' }],
    ['ipvs', output('', 46, "Can't initialize ipvs\n"), { is: 'fail', summary: expect.stringContaining('initialize') }],
  ] as const)('is tried in mode %s before anything is touched (%#)', (mode, said, verdict) => {
    const store = new FactStore();
    store.store(ask(proxyModeSupport, '10.0.50.11', { mode }), said, { from: 0, until: 0 });
    const [check] = checks(section(mode), topology);
    expect(check).toMatchObject({ id: `proxy-mode-${mode}@10.0.50.11`, phase: 'preflight' });
    expect(check?.judge(store)).toMatchObject(verdict);
  });

  it('needs no trial in mode iptables', () => {
    expect(checks(section('iptables'), topology).map(({ phase }) => phase)).toEqual(['kubernetes']);
  });
});
