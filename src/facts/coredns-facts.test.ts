import { describe, expect, it } from 'vitest';
import type { CommandOutput } from '../core/fact.ts';
import { corefileLog } from './corefile-log.ts';
import { coreDnsState } from './coredns-state.ts';
import { dnsAnswer, readDnsAnswer, writeDnsQuestion } from './dns-answer.ts';
import { dnsPods } from './dns-pods.ts';
import { podResolvConf } from './pod-resolv-conf.ts';

const API = { address: '10.0.50.11', port: 6443 };

function printed(stdout: string, exit = 0, stderr = ''): CommandOutput {
  return { exit, stdout, stderr };
}

/** Of `kubectl get configmap/coredns deployment/coredns --output=json` on a cluster of kubeadm 1.36, without what nobody reads. */
const OBJECTS = {
  apiVersion: 'v1',
  items: [
    {
      apiVersion: 'v1',
      data: { Corefile: '.:53 {\n    errors\n}\n' },
      kind: 'ConfigMap',
      metadata: { name: 'coredns', namespace: 'kube-system', resourceVersion: '3554' },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'coredns', namespace: 'kube-system' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { 'k8s-app': 'kube-dns' } },
        template: {
          spec: {
            containers: [
              {
                args: ['-conf', '/etc/coredns/Corefile'],
                env: [
                  { name: 'UPSTREAM', value: '10.0.0.1' },
                  { name: 'POD', valueFrom: { fieldRef: {} } },
                ],
                image: 'registry.k8s.io/coredns/coredns:v1.14.2',
                livenessProbe: { httpGet: { path: '/health', port: 'liveness-probe', scheme: 'HTTP' } },
                name: 'coredns',
                ports: [
                  { containerPort: 53, name: 'dns', protocol: 'UDP' },
                  { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' },
                  { containerPort: 8080, name: 'liveness-probe', protocol: 'TCP' },
                ],
                readinessProbe: { httpGet: { path: '/ready', port: 8181, scheme: 'HTTP' } },
              },
            ],
            dnsPolicy: 'Default',
          },
        },
      },
      status: { availableReplicas: 1, replicas: 2 },
    },
  ],
  kind: 'List',
};

describe('CoreDNS of a cluster', () => {
  it('is read from its ConfigMap and its Deployment', () => {
    expect(coreDnsState.parse(printed(JSON.stringify(OBJECTS)), API)).toMatchObject({
      corefile: '.:53 {\n    errors\n}\n',
      container: 'coredns',
      labels: 'k8s-app=kube-dns',
      release: '1.14.2',
      wanted: 2,
      available: 1,
      variables: new Map([['UPSTREAM', '10.0.0.1']]),
      livenessProbe: { port: 8080, path: '/health' },
      readinessProbe: { port: 8181, path: '/ready' },
      dnsPolicy: 'Default',
      port: 53,
    });
  });

  it('may have neither of them, and no release in its image', () => {
    expect(coreDnsState.parse(printed(''), API)).toMatchObject({
      corefile: undefined,
      deployment: undefined,
      release: undefined,
      available: 0,
    });
  });

  it('is nowhere on a host without a cluster, and unreadable where the API does not answer', () => {
    expect(coreDnsState.parse(printed('', 44), API)).toBeUndefined();
    expect(() => coreDnsState.parse(printed('', 1, 'connection refused'), API)).toThrow('connection refused');
  });
});

describe('pods of CoreDNS', () => {
  const labels = 'k8s-app=kube-dns';
  const pods = (...items: readonly object[]) =>
    dnsPods.parse(printed(JSON.stringify({ kind: 'List', items: items.map((item) => ({ kind: 'Pod', ...item })) })), {
      api: API,
      labels,
    });

  it('are those that stay, with what keeps them from running', () => {
    const metadata = { name: 'coredns-589f44dc88-5p59x', labels: { 'pod-template-hash': '589f44dc88' } };
    const ready = { type: 'Ready', status: 'True' };
    const status = {
      phase: 'Running',
      podIP: '192.168.109.2',
      conditions: [ready],
      containerStatuses: [{ state: { running: {} } }],
    };
    const waiting = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container' } };
    const unscheduled = { type: 'PodScheduled', status: 'False', message: '0/2 nodes are available' };
    expect(
      pods(
        { metadata, status },
        { metadata: { ...metadata, deletionTimestamp: '2026-11-24T15:48:20Z' }, status },
        { metadata: { name: 'b' }, status: { phase: 'Running', containerStatuses: [{ state: waiting }] } },
        { metadata: { name: 'c' }, status: { phase: 'Pending', conditions: [unscheduled] } },
      ),
    ).toEqual([
      {
        name: metadata.name,
        address: '192.168.109.2',
        ready: true,
        phase: 'Running',
        trouble: undefined,
        template: '589f44dc88',
      },
      {
        name: 'b',
        address: undefined,
        ready: false,
        phase: 'Running',
        trouble: 'CrashLoopBackOff: back-off 10s restarting failed container',
        template: '',
      },
      {
        name: 'c',
        address: undefined,
        ready: false,
        phase: 'Pending',
        trouble: '0/2 nodes are available',
        template: '',
      },
    ]);
  });
});

describe('the log of CoreDNS', () => {
  const question = { api: API, pod: 'coredns-1', container: 'coredns' };
  const digest = (letter: string) => letter.repeat(128);

  it('tells what is served now, and what was refused', () => {
    const lines = [
      `[INFO] plugin/reload: Running configuration SHA512 = ${digest('a')}`,
      "[ERROR] plugin/reload: Corefile changed but reload failed: starting with listener file descriptors: plugin/kubernetes: /etc/coredns/Corefile:6 - Error during parsing: unknown property 'upstream'",
      '[WARNING] plugin/reload: Corefile parse failed: /etc/coredns/Corefile:2 - Syntax error',
      `[INFO] plugin/reload: Running configuration SHA512 = ${digest('b')}`,
      '',
    ];
    expect(corefileLog.parse(printed(lines.join('\n')), question)).toEqual({
      digest: digest('b'),
      refused: 2,
      reason: '/etc/coredns/Corefile:2 - Syntax error',
    });
  });

  it('tells nothing where nothing reloads a Corefile, and is unreadable where there is none', () => {
    expect(corefileLog.parse(printed(''), question)).toEqual({ digest: undefined, refused: 0, reason: undefined });
    expect(() => corefileLog.parse(printed('', 1, 'container is waiting to start'), question)).toThrow(
      'waiting to start',
    );
  });
});

describe('the name servers that pods are given', () => {
  it('are those of the file that the kubelet names', () => {
    const stdout =
      '/run/systemd/resolve/resolv.conf\n# nameserver 9.9.9.9\nnameserver 10.0.50.1\nnameserver\t192.0.2.1 \nsearch a.b\n';
    expect(podResolvConf.parse(printed(stdout), undefined)).toEqual({
      path: '/run/systemd/resolve/resolv.conf',
      nameServers: ['10.0.50.1', '192.0.2.1'],
    });
    expect(podResolvConf.parse(printed('/etc/resolv.conf\n'), undefined).nameServers).toEqual([]);
    expect(() => podResolvConf.parse(printed('/etc/resolv.conf\n', 1, 'cat: no such file'), undefined)).toThrow(
      'no such file',
    );
  });
});

describe('an answer of a DNS server', () => {
  const question = { server: '127.0.0.1', port: 5300, name: 'kubernetes.default.svc.cluster.local' };
  /** Recorded from CoreDNS 1.14.2, as `od -An -v -tx1` prints it. */
  const ANSWER = ` 4b 56 85 00 00 01 00 01 00 00 00 00 0a 6b 75 62
 65 72 6e 65 74 65 73 07 64 65 66 61 75 6c 74 03
 73 76 63 07 63 6c 75 73 74 65 72 05 6c 6f 63 61
 6c 00 00 01 00 01 0a 6b 75 62 65 72 6e 65 74 65
 73 07 64 65 66 61 75 6c 74 03 73 76 63 07 63 6c
 75 73 74 65 72 05 6c 6f 63 61 6c 00 00 01 00 01
 00 00 0e 10 00 04 0a 00 33 01
`;

  it('is asked with the bytes of RFC 1035', () => {
    const bytes = writeDnsQuestion('ab.c');
    expect(bytes.slice(2)).toEqual([1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 97, 98, 1, 99, 0, 0, 1, 0, 1]);
  });

  it('is a code and addresses', () => {
    expect(dnsAnswer.parse(printed(ANSWER), question)).toEqual({ code: 0, addresses: ['10.0.51.1'] });
  });

  it('may be that of a chain of names, or cut short', () => {
    const header = [0x4b, 0x56, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0];
    const alias = [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 5, 0, 2, 0xc0, 14];
    const address = [0xc0, 14, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 192, 0, 2, 7];
    const whole = [...header, ...writeDnsQuestion('a.b').slice(12), ...alias, ...address];
    expect(readDnsAnswer(whole)).toEqual({ code: 0, addresses: ['192.0.2.7'] });
    for (let length = 0; length < whole.length; length += 1) {
      expect(readDnsAnswer(whole.slice(0, length))?.addresses ?? []).toEqual([]);
    }
  });

  it('is none where nobody answers, and unreadable where the host has no way', () => {
    expect(dnsAnswer.parse(printed('', 124), question)).toBeUndefined();
    expect(dnsAnswer.parse(printed('', 1, 'dd: error reading: Connection refused'), question)).toBeUndefined();
    expect(() => dnsAnswer.parse(printed('', 1, 'Network is unreachable'), question)).toThrow('unreachable');
  });
});
