import { describe, expect, it } from 'vitest';
import type { Resource } from '../../core/resource.ts';
import { printResource, resourceToJson } from './resource-text.ts';

const common = { host: '10.0.50.11', component: 'node-runtime', because: ['spec'], ensure: 'present' } as const;
const address = (name: string) => `10.0.50.11 ${name}` as const;

describe('what a host’s settings read like', () => {
  const resources: readonly (readonly [Resource, string])[] = [
    [
      {
        ...common,
        kind: 'sysctl',
        address: address('sysctl:net.ipv4.ip_forward'),
        name: 'net.ipv4.ip_forward',
        value: '1',
      },
      'net.ipv4.ip_forward = 1',
    ],
    [
      { ...common, kind: 'kernel-module', address: address('kernel-module:overlay'), module: 'overlay' },
      'loaded, or built in',
    ],
    [{ ...common, ensure: 'absent', kind: 'swap', address: address('swap'), off: true }, 'off, also after a boot'],
    [
      { ...common, kind: 'program-copy', address: address('program-copy:/b'), from: '/a', path: '/b' },
      'a copy of /a, unless a program is there already',
    ],
  ];

  it.each(resources)('%o', (resource, line) => {
    expect(printResource(resource)).toBe(`# ${resource.address}\n${line}\n\n`);
    expect(resourceToJson(resource)).toMatchObject({ kind: resource.kind, body: [line] });
  });
});
