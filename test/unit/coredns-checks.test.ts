import { describe, expect, it } from 'vitest';
import { KUBEADM_COREFILE, SEED_COREFILE } from '../../src/components/coredns/cases/corefiles.ts';
import { checks } from '../../src/components/coredns/checks.ts';
import type { Verdict } from '../../src/core/check.ts';
import { createObserver } from '../../src/engine/observe.ts';
import { runChecks } from '../../src/engine/verify.ts';
import { ADMIN_CONF } from '../../src/facts/cluster-state.ts';
import { FakeCoreDns } from '../support/fake-coredns.ts';
import { FakeConnections, FakeHost, output } from '../support/fake-host.ts';
import { topologyOf } from '../support/stand-in-kinds.ts';

const CONTROL_PLANE = '10.0.0.1';
const WORKER = '10.0.0.2';

/** A control plane with CoreDNS, and a worker whose resolv.conf names these servers. */
class DnsCluster {
  readonly hosts = [new FakeHost(CONTROL_PLANE), new FakeHost(WORKER)];
  readonly dns: FakeCoreDns;

  constructor(corefile: string, nameServers: readonly string[] = ['10.0.50.1']) {
    const [controlPlane, worker] = this.hosts;
    this.dns = new FakeCoreDns(controlPlane === undefined ? [] : [controlPlane], corefile);
    worker?.on('sh', () => output(`/run/resolv.conf\n${nameServers.map((each) => `nameserver ${each}\n`).join('')}`));
  }

  async verdicts(): Promise<Readonly<Record<string, Verdict>>> {
    const topology = topologyOf([
      [CONTROL_PLANE, 'control-plane'],
      [WORKER, 'worker'],
    ]);
    const observer = createObserver({
      hosts: new FakeConnections(this.hosts),
      report: () => {},
      signal: new AbortController().signal,
      maxParallel: 2,
      now: () => 0,
    });
    const results = await runChecks(checks({}, topology), 'kubernetes', { observer, report: () => {} });
    return Object.fromEntries(results.map(({ check, verdict }) => [check.id, verdict]));
  }

  /** The programs that were run on hosts, but for those about the cluster as a whole. */
  get asked(): readonly string[] {
    return this.hosts.flatMap(({ address, queried }) =>
      queried.map((argv) => `${address} ${argv.join(' ')}`).filter((line) => !line.includes('kubeadm-config')),
    );
  }
}

describe('checks of CoreDNS', () => {
  it('pass where it is as kubeadm makes it', async () => {
    const cluster = new DnsCluster(KUBEADM_COREFILE);
    expect(await cluster.verdicts()).toEqual({
      corefile: { is: 'pass', summary: 'CoreDNS 1.14.2' },
      'dns-upstreams': { is: 'pass' },
      'coredns-ready': { is: 'pass', summary: '2 of 2' },
    });
    expect(cluster.hosts.flatMap(({ journal }) => journal)).toEqual([]);
  });

  it('tell each finding of the live Corefile with its line, and what to do', async () => {
    const { corefile } = await new DnsCluster(SEED_COREFILE).verdicts();
    expect(corefile).toMatchObject({
      is: 'fail',
      summary: expect.stringMatching(/^Corefile:6:8: the option upstream .*\n {2}Corefile:1:1: there is no ready/),
      hint: 'konvoy migrate corefile shows what to write instead; write ready into the server block',
    });
  });

  it('tell what cannot be read, once', async () => {
    const { corefile, 'dns-upstreams': upstreams } = await new DnsCluster('. {\n  errors\n').verdicts();
    expect(corefile).toMatchObject({ is: 'fail', summary: 'Corefile:1:3: this brace is never closed' });
    expect(upstreams).toMatchObject({ is: 'pass' });
  });

  it('doubt what they do not know of an image that is no release', async () => {
    const cluster = new DnsCluster(KUBEADM_COREFILE.replace('    loop\n', '    loop\n    ads\n'));
    expect((await cluster.verdicts()).corefile).toMatchObject({ is: 'fail' });
    cluster.dns.image = 'registry.example.org/dns:mine';
    expect((await cluster.verdicts()).corefile).toMatchObject({ is: 'warn', hint: 'is it spelt right?' });
  });

  it('find a host whose own stub would be asked by a pod', async () => {
    const { 'dns-upstreams': verdict } = await new DnsCluster(KUBEADM_COREFILE, ['127.0.0.53']).verdicts();
    expect(verdict).toMatchObject({
      is: 'fail',
      summary:
        'Corefile:13:15: 10.0.0.2: /run/resolv.conf names 127.0.0.53, which in a pod is the pod itself: the plugin loop ends CoreDNS for that',
    });
  });

  it('are no failures while pods have no network', async () => {
    const cluster = new DnsCluster(KUBEADM_COREFILE, []);
    cluster.dns.nodesWait = true;
    cluster.dns.refuses = () => 'no network';
    cluster.dns.start();
    expect(await cluster.verdicts()).toMatchObject({
      'dns-upstreams': { is: 'warn', summary: expect.stringContaining('names no name server') },
      'coredns-ready': { is: 'warn', summary: '0 of 2: there is no container networking yet' },
    });
    cluster.dns.nodesWait = false;
    expect(await cluster.verdicts()).toMatchObject({
      'dns-upstreams': { is: 'fail' },
      'coredns-ready': { is: 'fail', summary: '0 of 2' },
    });
  });

  it('ask nothing where there is no cluster', async () => {
    const cluster = new DnsCluster(KUBEADM_COREFILE);
    cluster.hosts[0]?.files.remove(ADMIN_CONF);
    const why = { is: 'unknown', why: 'there is no cluster' };
    expect(await cluster.verdicts()).toEqual({ corefile: why, 'dns-upstreams': why, 'coredns-ready': why });
    expect(cluster.asked).toEqual([]);
  });
});
