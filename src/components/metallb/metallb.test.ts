import { describe, expect, it } from 'vitest';
import { topologyOf } from '../../../test/support/stand-in-kinds.ts';
import { hideSecretValues } from '../../core/hide-secret-values.ts';
import { type JsonObject, jsonAt } from '../../core/json.ts';
import { OBJECT_LABEL, type Resource } from '../../core/resource.ts';
import type { Role } from '../../core/topology.ts';
import { type BalancedServiceLine, metallbState } from '../../facts/metallb-state.ts';
import { foreignPools } from './foreign-pools.ts';
import { metallb } from './index.ts';
import { metallbConfigSchema } from './schema.ts';
import type { MetallbAddon } from './section.ts';
import { translateConfig } from './translate.ts';

const HOST = '10.0.50.11';
const topology = topologyOf([
  [HOST, 'control-plane'],
  ['10.0.50.12', 'worker'],
]);

function section(config: unknown, more: Partial<MetallbAddon> = {}): MetallbAddon {
  const wanted = translateConfig(metallbConfigSchema.parse(config), ['values', 'configInline']);
  return { enabled: true, values: {}, path: ['addons'], at: HOST, wanted, ...more };
}

const pool = (name: string, addresses: string, protocol = 'layer2') => ({ name, protocol, addresses: [addresses] });
const pools = (...list: readonly object[]) => ({ 'address-pools': list });

/** What MetalLB was told by an earlier run with this configuration. */
function living(config: unknown, services: readonly BalancedServiceLine[] = []): MetallbAddon['found'] {
  const { objects, passwords } = translateConfig(metallbConfigSchema.parse(config), []);
  return { services, objects: objects.map(({ object }) => object), secrets: passwords.map(({ name }) => name) };
}

function service(name: string, address: string, more: Partial<BalancedServiceLine> = {}): BalancedServiceLine {
  const none = { labels: {}, asksFor: [], asksPool: '', pool: '', className: '' };
  return { namespace: 'web', name, addresses: [address], ...none, ...more };
}

/** `+` or `-`, and the name of each resource. */
function brief(resources: readonly Resource[]): string[] {
  return resources.map(
    ({ address, ensure }) => `${ensure === 'present' ? '+' : '-'} ${address.replace(`${HOST} `, '')}`,
  );
}

function valuesOf(given: MetallbAddon, roles: readonly Role[] = ['control-plane', 'worker']): JsonObject {
  const hosts = roles.map((role, index) => [`10.0.50.1${index + 1}`, role] as const);
  const release = metallb.desired(given, topologyOf(hosts)).find(({ kind }) => kind === 'helm-release');
  return release?.kind === 'helm-release' ? release.values : {};
}

describe('the release of MetalLB', () => {
  it('has the labels that users of Konvoy know, and speakers of its own', () => {
    const values = valuesOf(section(pools(pool('a', '10.2.0.0/24'))));
    expect(values).toMatchObject({
      controller: { labels: { app: 'metallb', component: 'controller' } },
      speaker: {
        labels: { app: 'metallb', component: 'speaker' },
        frr: { enabled: false },
        ignoreExcludeLB: false,
        tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }],
      },
      frrk8s: { enabled: false },
    });
    expect(hideSecretValues(values)).toEqual(values);
  });

  it('lets control planes announce where there is no other node', () => {
    expect(jsonAt(valuesOf(section({}), ['control-plane']), 'speaker', 'ignoreExcludeLB')).toBe(true);
  });

  it('has FRR where the configuration needs it, and says why', () => {
    const peer = { 'my-asn': 1, 'peer-asn': 2, 'peer-address': '10.1.0.1', 'keepalive-time': '10s' };
    const given = section({ peers: [peer] });
    expect(jsonAt(valuesOf(given), 'speaker', 'frr', 'enabled')).toBe(true);
    expect(metallb.remarks?.(given, topology)).toMatchObject([
      { code: 'metallb-frr', message: expect.stringContaining('keepaliveTime of the peer peer1') },
    ]);
    expect(metallb.remarks?.(section({}), topology)).toEqual([]);
    const fast = { 'my-asn': 1, 'peer-asn': 2, 'peer-address': '10.1.0.1', 'bfd-profile': 'fast' };
    const withBfd = section({ peers: [fast], 'bfd-profiles': [{ name: 'fast' }] });
    expect(jsonAt(valuesOf(withBfd), 'speaker', 'frr', 'enabled')).toBe(true);
    expect(metallb.remarks?.(withBfd, topology)).toMatchObject([
      {
        message:
          'MetalLB’s speakers use FRR, because their own BGP does not know the BFD profile fast, bfdProfile of the peer peer1',
        hint: expect.stringContaining('is in no bundle'),
      },
    ]);
  });

  it('takes values of the user over konvoy’s', () => {
    const values = valuesOf(section({}, { values: { speaker: { logLevel: 'debug', frr: { enabled: true } } } }));
    expect(values).toMatchObject({
      speaker: { logLevel: 'debug', frr: { enabled: true }, labels: { app: 'metallb' } },
    });
  });
});

describe('what MetalLB is told', () => {
  const config = {
    ...pools(pool('a', '10.2.0.0/24', 'bgp'), pool('b', '10.3.0.0/24')),
    peers: [{ 'my-asn': 1, 'peer-asn': 2, 'peer-address': '10.1.0.1', password: 'hush-hush' }],
    'bgp-communities': { home: '1:2' },
  };

  it('comes behind the release, and behind what it refers to', () => {
    expect(brief(metallb.desired(section(config), topology))).toEqual([
      '+ helm-release:metallb',
      '+ kube-secret:kubeaddons/metallb-peer1-password',
      '+ kube-object:Community/kubeaddons/communities',
      '+ kube-object:BGPPeer/kubeaddons/peer1',
      '+ kube-object:IPAddressPool/kubeaddons/a',
      '+ kube-object:IPAddressPool/kubeaddons/b',
      '+ kube-object:BGPAdvertisement/kubeaddons/bgpadvertisement1',
      '+ kube-object:L2Advertisement/kubeaddons/l2advertisement1',
    ]);
  });

  it('goes where it is no longer wanted: what makes room at first, what others refer to at the end', () => {
    const given = section(pools(pool('b', '10.3.0.0/24')), { found: living(config) });
    expect(brief(metallb.desired(given, topology))).toEqual([
      '+ helm-release:metallb',
      '- kube-object:BGPAdvertisement/kubeaddons/bgpadvertisement1',
      '- kube-object:BGPPeer/kubeaddons/peer1',
      '- kube-object:IPAddressPool/kubeaddons/a',
      '+ kube-object:IPAddressPool/kubeaddons/b',
      '+ kube-object:L2Advertisement/kubeaddons/l2advertisement1',
      '- kube-object:Community/kubeaddons/communities',
      '- kube-secret:kubeaddons/metallb-peer1-password',
    ]);
  });

  it('goes with the release where the addon leaves, but for the passwords', () => {
    const given = section({}, { enabled: false, found: living(config) });
    expect(brief(metallb.desired(given, topology))).toEqual([
      '- helm-release:metallb',
      '- kube-secret:kubeaddons/metallb-peer1-password',
    ]);
    expect(metallb.desired(undefined, topology)).toEqual([]);
  });

  it('leaves alone what others have made', () => {
    const found = living(pools(pool('theirs', '10.9.0.0/24')));
    const foreign = (found?.objects ?? []).map((object) => ({ ...object, metadata: { name: 'theirs' } }));
    const given = section(pools(pool('b', '10.3.0.0/24')), { found: { services: [], secrets: [], objects: foreign } });
    expect(brief(metallb.desired(given, topology)).filter((line) => line.startsWith('-'))).toEqual([]);
    expect(JSON.stringify(foreign)).not.toContain(OBJECT_LABEL);
    const clash = section(pools(pool('b', '10.9.0.7-10.9.0.9')), {
      found: { services: [], secrets: [], objects: foreign },
    });
    expect(foreignPools(clash)).toMatchObject([{ severity: 'error', message: expect.stringContaining('theirs') }]);
    expect(foreignPools(given)).toEqual([]);
  });

  it('pools that take over addresses of others come behind those', () => {
    const given = section(pools(pool('a', '10.2.0.0-10.2.0.99'), pool('b', '10.2.0.100-10.2.0.120')), {
      found: living(pools(pool('a', '10.2.0.0-10.2.0.49'), pool('b', '10.2.0.50-10.2.0.120'))),
    });
    expect(brief(metallb.desired(given, topology)).filter((line) => line.includes('Pool'))).toEqual([
      '+ kube-object:IPAddressPool/kubeaddons/b',
      '+ kube-object:IPAddressPool/kubeaddons/a',
    ]);
  });
});

describe('a change that living services would feel', () => {
  const before = pools(pool('a', '10.2.0.1-10.2.0.9'), pool('b', '10.3.0.0/24'));
  const dangers = (config: unknown, ...services: readonly BalancedServiceLine[]) =>
    metallb
      .desired(section(config, { found: living(before, services) }), topology)
      .flatMap(({ address, dangers: list = [] }) =>
        list.map(({ id, message }) => `${id} ${address.replace(`${HOST} kube-object:`, '')}: ${message}`),
      );

  it('is a danger of the pool’s change, with the services', () => {
    const shrunk = pools(pool('a', '10.2.0.1-10.2.0.4'), pool('b', '10.3.0.0/24'));
    expect(dangers(shrunk, service('shop', '10.2.0.7'), service('blog', '10.2.0.3'))).toEqual([
      'shrinks-pool-in-use IPAddressPool/kubeaddons/a: 1 service that loses its address and gets one anew: web/shop 10.2.0.7 (no pool has 10.2.0.7)',
    ]);
  });

  it('is a danger of the pool that leaves', () => {
    expect(dangers({}, service('shop', '10.2.0.7'))).toEqual([
      'shrinks-pool-in-use IPAddressPool/kubeaddons/a: 1 service that loses its address and gets none: web/shop 10.2.0.7 (no pool has 10.2.0.7; no pool has an address left for it)',
    ]);
  });

  it('is none where nothing is in use, or nothing becomes less', () => {
    expect(dangers({}, service('cloud', '52.0.0.1'))).toEqual([]);
    expect(dangers(before, service('shop', '10.2.0.7'))).toEqual([]);
  });

  it('names ten services, and counts the rest', () => {
    const many = Array.from({ length: 9 }, (_, index) => service(`s${index}`, `10.2.0.${index + 1}`));
    const more = Array.from({ length: 9 }, (_, index) => service(`t${index}`, `10.2.0.${index + 1}`));
    expect(dangers(pools(), ...many, ...more)[0]).toMatch(/^shrinks-pool-in-use .*: 18 services .*; and 8 more$/);
  });
});

describe('what a cluster says of MetalLB', () => {
  const argv = { address: HOST, port: 6443 };
  const line = (...fields: readonly string[]) => `${fields.join('\t')}\n`;

  it('is services, Secrets and objects', () => {
    const stdout = [
      line('web', 'shop', '10.2.0.7', '', '', '', 'a', '', 'a', '', '{"app":"shop"}'),
      line('web', 'blog', '', '', '10.2.0.8, 10.2.0.9', '', '', 'old', '', 'cloud', ''),
      '--secrets\n',
      line('', 'Opaque', 'metallb-webhook-cert'),
      line('metallb', 'kubernetes.io/basic-auth', 'metallb-peer1-password'),
      line('metallb', 'helm.sh/release.v1', 'sh.helm.release.v1.metallb-kubeaddons.v1'),
      '--objects\n',
      line('{"kind":"IPAddressPool"}'),
    ].join('');
    expect(metallbState.parse({ exit: 0, stdout, stderr: '' }, argv)).toEqual({
      services: [
        service('shop', '10.2.0.7', { labels: { app: 'shop' }, asksPool: 'a', pool: 'a' }),
        {
          ...service('blog', ''),
          addresses: [],
          asksFor: ['10.2.0.8', '10.2.0.9'],
          asksPool: 'old',
          className: 'cloud',
        },
      ],
      secrets: ['metallb-peer1-password'],
      objects: [{ kind: 'IPAddressPool' }],
    });
  });

  it('is nothing where there is no cluster, or no MetalLB; what cannot be read is told', () => {
    expect(metallbState.parse({ exit: 44, stdout: '', stderr: '' }, argv)).toBeUndefined();
    const empty = { services: [], secrets: [], objects: [] };
    expect(metallbState.parse({ exit: 0, stdout: '--secrets\n--objects\n', stderr: '' }, argv)).toEqual(empty);
    expect(() => metallbState.parse({ exit: 1, stdout: '', stderr: 'Unauthorized\n' }, argv)).toThrow('Unauthorized');
    expect(() => metallbState.parse({ exit: 0, stdout: '', stderr: '' }, argv)).toThrow('no Secrets');
  });
});
