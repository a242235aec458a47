import { describe, expect, it } from 'vitest';
import { FactUnreadable } from '../../core/fact.ts';
import { type MetallbRuntime, metallbRuntime } from '../../facts/metallb-runtime.ts';
import type { MetallbState } from '../../facts/metallb-state.ts';
import { poolUses } from './checks.ts';
import {
  judgeAnnouncements,
  judgeCalicoPeers,
  judgeConfiguration,
  judgeFormer,
  judgePods,
  judgePools,
  judgeServices,
} from './judge-runtime.ts';
import { balancedServices } from './live-services.ts';
import { metallbConfigSchema } from './schema.ts';
import { translateConfig } from './translate.ts';

const NODES = ['10.0.50.11', '10.0.50.12'];
const API = { address: '10.0.50.11', port: 6443 };

const OUTPUT = [
  '--pods',
  'metallb-kubeaddons-controller-7d\tcontroller\t10.0.50.12\tTrue\t0\t',
  'metallb-kubeaddons-speaker-abc\tspeaker\t10.0.50.11\tTrue\t0\t',
  'metallb-kubeaddons-speaker-def\tspeaker\t10.0.50.12\tFalse\t3\tErrImagePull',
  '--verdicts',
  'controller\t\tValid\t',
  'speaker\t10.0.50.11\tInvalid\tpeer peer1 has bfd-profile set',
  'on native bgp mode',
  '--layer2',
  'web\tshop\t10.0.50.12\teth0',
  '--bgp',
  'web\tblog\t10.0.50.11\tpeer1 peer2',
  '--former',
  'metallb-system/config\t{"config":"address-pools:\\n- name: a\\n  protocol: layer2\\n"}',
  '--calico',
  '10.1.0.1:179',
  '',
].join('\n');

const parse = (stdout: string) => metallbRuntime.parse({ exit: 0, stdout, stderr: '' }, API);

function runtime(more: Partial<MetallbRuntime> = {}): MetallbRuntime {
  return {
    pods: [],
    verdicts: [],
    announcements: [],
    formerConfigMaps: [],
    calicoPeers: [],
    ignoresExclusion: false,
    ...more,
  };
}

function state(addresses: string, given: readonly string[]): MetallbState {
  const pool = { name: 'default', protocol: 'layer2', addresses: [addresses] };
  const { objects } = translateConfig(metallbConfigSchema.parse({ 'address-pools': [pool] }), []);
  const services = given.map((address, index) => ({
    namespace: 'web',
    name: `s${index}`,
    labels: {},
    addresses: address === '' ? [] : [address],
    asksFor: [],
    asksPool: '',
    pool: '',
    className: '',
  }));
  return { services, objects: objects.map(({ object }) => object), secrets: [] };
}

describe('MetalLB as it runs', () => {
  it('is read from one answer', () => {
    expect(parse(OUTPUT)).toEqual({
      pods: [
        {
          name: 'metallb-kubeaddons-controller-7d',
          component: 'controller',
          node: '10.0.50.12',
          ready: true,
          restarts: 0,
          waits: '',
        },
        {
          name: 'metallb-kubeaddons-speaker-abc',
          component: 'speaker',
          node: '10.0.50.11',
          ready: true,
          restarts: 0,
          waits: '',
        },
        {
          name: 'metallb-kubeaddons-speaker-def',
          component: 'speaker',
          node: '10.0.50.12',
          ready: false,
          restarts: 3,
          waits: 'ErrImagePull',
        },
      ],
      verdicts: [
        { component: 'controller', node: '', result: 'Valid', errors: '' },
        {
          component: 'speaker',
          node: '10.0.50.11',
          result: 'Invalid',
          errors: 'peer peer1 has bfd-profile set; on native bgp mode',
        },
      ],
      announcements: [
        { by: 'layer2', service: 'web/shop', node: '10.0.50.12', through: ['eth0'] },
        { by: 'bgp', service: 'web/blog', node: '10.0.50.11', through: ['peer1', 'peer2'] },
      ],
      formerConfigMaps: [{ name: 'metallb-system/config', config: 'address-pools:\n- name: a\n  protocol: layer2\n' }],
      calicoPeers: ['10.1.0.1:179'],
      ignoresExclusion: false,
    });
  });

  it('asks for every name that the ConfigMap of an older one had', () => {
    const program = metallbRuntime.command(API)[2] ?? '';
    const asked = [...program.matchAll(/"metadata":\{"name":"([^"]+)","namespace":"([^"]+)"/g)];
    expect(asked.map(([, name, namespace]) => `${namespace}/${name}`)).toEqual([
      'metallb-system/config',
      'kubeaddons/config',
      'kubeaddons/metallb-config',
      'kubeaddons/metallb-kubeaddons',
    ]);
  });

  it('is nothing without a cluster, and unreadable where the answer is cut off', () => {
    expect(metallbRuntime.parse({ exit: 44, stdout: '', stderr: '' }, API)).toBeUndefined();
    expect(() => parse(OUTPUT.split('--former')[0] ?? '')).toThrow(FactUnreadable);
  });
});

describe('checks of MetalLB', () => {
  it('controller and speakers', () => {
    const found = parse(OUTPUT) ?? runtime();
    expect(judgePods(found, NODES)).toMatchObject({
      is: 'fail',
      summary: 'the speaker on 10.0.50.12: ErrImagePull, 3 restarts',
    });
    expect(judgePods(found, ['10.0.50.11'])).toMatchObject({ is: 'pass' });
    expect(judgePods(runtime(), ['10.0.50.11'])).toMatchObject({ summary: 'no controller, no speaker on 10.0.50.11' });
  });

  it('a configuration that a speaker refuses, with its words', () => {
    expect(judgeConfiguration(parse(OUTPUT) ?? runtime())).toMatchObject({
      is: 'fail',
      summary: 'peer peer1 has bfd-profile set; on native bgp mode (10.0.50.11)',
    });
    expect(judgeConfiguration(runtime())).toMatchObject({ is: 'unknown' });
    const verdict = { component: 'controller', node: '', errors: '' };
    expect(judgeConfiguration(runtime({ verdicts: [{ ...verdict, result: 'Valid' }] }))).toMatchObject({ is: 'pass' });
    expect(judgeConfiguration(runtime({ verdicts: [{ ...verdict, result: 'Unknown' }] }))).toMatchObject({
      is: 'unknown',
    });
  });

  it('a ConfigMap of an old MetalLB, with what it comes to in the addon’s values', () => {
    expect(judgeFormer(parse(OUTPUT) ?? runtime())).toMatchObject({
      is: 'warn',
      summary: expect.stringContaining('metallb-system/config'),
      hint: [
        'write this into the values of the addon metallb',
        '    configInline:',
        '      address-pools:',
        '        - name: a',
        '          protocol: layer2',
        '  then delete it, and the pods of that MetalLB, if any run',
      ].join('\n'),
    });
    const formerConfigMaps = [{ name: 'kubeaddons/config', config: '' }];
    expect(judgeFormer(runtime({ formerConfigMaps }))).toMatchObject({
      hint: 'take what it says over as configInline of the addon metallb, then delete it, and the pods of that MetalLB, if any run',
    });
    expect(judgeFormer(runtime())).toEqual({ is: 'pass' });
  });

  it('pools that are full, nearly full, or roomy', () => {
    const judged = (addresses: string, count: number) => {
      const given = Array.from({ length: count }, (_, index) => `10.2.0.${index + 1}`);
      return judgePools(poolUses(state(addresses, given)));
    };
    expect(judged('10.2.0.1-10.2.0.3', 3)).toMatchObject({ is: 'warn', summary: 'full: default 3 of 3 used' });
    expect(judged('10.2.0.1-10.2.0.3', 2)).toMatchObject({ is: 'warn', summary: 'nearly full: default 2 of 3 used' });
    expect(judged('10.2.0.1-10.2.0.30', 27)).toMatchObject({ is: 'warn' });
    expect(judged('10.2.0.1-10.2.0.30', 26)).toEqual({ is: 'pass', summary: 'default 26 of 30 used' });
    expect(judgePools([])).toMatchObject({ is: 'warn', summary: expect.stringContaining('no pool') });
  });

  it('services that wait, and addresses that nobody announces', () => {
    const found = state('10.2.0.1-10.2.0.9', ['10.2.0.1', '', '10.2.0.2', '52.0.0.1']);
    expect(judgeServices(balancedServices(found.services))).toMatchObject({
      is: 'fail',
      summary: '1 of 4 wait for one: web/s1',
      hint: expect.stringContaining('konvoy explain service web/s1'),
    });
    const announcements = [{ by: 'layer2', service: 'web/s0', node: 'a', through: [] }] as const;
    expect(judgeAnnouncements(runtime({ announcements }), found)).toMatchObject({
      is: 'fail',
      summary: '1 of 2 are announced by nobody: web/s2',
    });
  });

  it('a router that Calico has sessions with, too', () => {
    const peer = { 'my-asn': 1, 'peer-asn': 2, 'peer-address': '10.1.0.1' };
    const objects = (more: object) =>
      translateConfig(metallbConfigSchema.parse({ peers: [{ ...peer, ...more }] }), []).objects;
    const both = runtime({ calicoPeers: ['10.1.0.1:179'] });
    expect(judgeCalicoPeers(both, objects({}))).toMatchObject({ is: 'fail' });
    expect(judgeCalicoPeers(both, objects({ 'source-address': '10.1.0.9' }))).toEqual({ is: 'pass' });
    expect(judgeCalicoPeers(runtime({ calicoPeers: ['10.1.0.2'] }), objects({}))).toEqual({ is: 'pass' });
  });
});
