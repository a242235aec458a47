import { beforeEach, describe, expect, it } from 'vitest';
import { FakeCoreDns } from '../../test/support/fake-coredns.ts';
import { FakeConnections, FakeHost } from '../../test/support/fake-host.ts';
import { judgeOnHosts } from '../../test/support/judge-on-hosts.ts';
import { settle, writersFor } from '../../test/support/settle.ts';
import type { ClusterDnsResource } from '../core/resource.ts';
import { clusterDnsKind } from './cluster-dns.ts';
import { judging } from './judgement.ts';
import type { Writers } from './kind.ts';

const AT = '10.0.0.1';
const BEFORE = '. {\n  errors\n  reload\n}\n';
const AFTER = '. {\n  forward . 10.0.50.1\n  errors\n  reload\n}\n';
const kind = judging(clusterDnsKind);

const wanting = (corefile: ClusterDnsResource['corefile'], replicas?: number): ClusterDnsResource => ({
  kind: 'cluster-dns',
  address: `${AT} cluster-dns:coredns`,
  component: 'cluster-dns',
  because: [],
  ensure: 'present',
  host: AT,
  port: 6443,
  corefile,
  replicas,
  known: { name: 'kubernetes.default.svc.cluster.local', address: '10.96.0.1' },
});

let dns: FakeCoreDns;
let writers: Writers;

beforeEach(() => {
  const host = new FakeHost(AT);
  dns = new FakeCoreDns([host], BEFORE);
  writers = writersFor(new FakeConnections([host]));
});

describe('what CoreDNS serves of cluster.yaml', () => {
  it('is tried by a canary, served, and then there is nothing to do', async () => {
    const { before, after } = await settle(kind, wanting({ from: BEFORE, to: AFTER }), writers);
    expect(before).toMatchObject({ verb: 'update', fields: [{ field: 'Corefile', before: BEFORE, after: AFTER }] });
    expect(dns.events.slice(0, 3)).toEqual(['create canary', 'delete canary', 'replace']);
    expect(dns.pods.map(({ serves }) => serves)).toEqual([AFTER, AFTER]);
    expect(after).toMatchObject({ fields: [] });
  });

  it('stays as it is where the canary refuses it', async () => {
    const wrong = AFTER.replace('errors', 'kubernetes {\n upstream\n }');
    await expect(settle(kind, wanting({ from: BEFORE, to: wrong }), writers)).rejects.toThrow('does not run');
    expect(dns.corefile).toBe(BEFORE);
  });

  it('is not written over what somebody wrote meanwhile', async () => {
    dns.edit(`${BEFORE}# mine\n`);
    await expect(settle(kind, wanting({ from: BEFORE, to: AFTER }), writers)).rejects.toThrow('meanwhile');
    expect(dns.corefile).toBe(`${BEFORE}# mine\n`);
  });

  it('has as many pods as are wanted, though kubeadm wrote another number', async () => {
    const { before, after } = await settle(kind, wanting(undefined, 3), writers);
    expect(before).toMatchObject({ fields: [{ field: 'replicas', before: '2', after: '3' }] });
    expect(dns.events).toEqual(['apply']);
    expect(after).toMatchObject({ fields: [] });
  });

  it('shows no secret of a Corefile', async () => {
    const secret = '. {\n  tsig {\n    secret key. abcdef==\n  }\n}\n';
    const judged = await judgeOnHosts(writers.hosts, kind, wanting({ from: BEFORE, to: secret }));
    expect(JSON.stringify(judged)).not.toContain('abcdef');
  });
});
