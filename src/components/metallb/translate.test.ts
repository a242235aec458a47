import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { printIpv4 } from '../../config/ipv4-range.ts';
import { poolEntries, poolsAmong } from './address-pools.ts';
import { CONFIG_CASES } from './cases/configs.ts';
import { printSeconds, secondsOf } from './duration.ts';
import { objectNameOf } from './object-names.ts';
import { type MetallbConfig, metallbConfigSchema } from './schema.ts';
import { translateConfig } from './translate.ts';

describe('configInline as resources of today', () => {
  it.each(CONFIG_CASES)('$title', ({ configInline, resources }) => {
    const { objects, passwords } = translateConfig(metallbConfigSchema.parse(parse(configInline)), []);
    expect(objects.map(({ kind, name, object }) => `${kind} ${name} ${JSON.stringify(object.spec)}`)).toEqual(
      resources,
    );
    expect(JSON.stringify(objects)).not.toContain('hush-hush');
    const wanted = configInline.includes('hush-hush') ? ['hush-hush'] : [];
    expect(passwords.map(({ password }) => password.reveal())).toEqual(wanted);
  });

  it('has the mark of konvoy, and the namespace of the addons', () => {
    const config = metallbConfigSchema.parse({
      'address-pools': [{ name: 'a', protocol: 'layer2', addresses: ['10.0.0.0/24'] }],
    });
    for (const { object } of translateConfig(config, []).objects) {
      expect(object).toMatchObject({
        metadata: { namespace: 'kubeaddons', labels: { 'konvoy.mesosphere.com/component': 'metallb' } },
      });
    }
  });
});

it('names become names in Kubernetes as MetalLB’s converter makes them, or such as Kubernetes takes', () => {
  const long = 'x'.repeat(70);
  const names = ['default', 'My_Pool', '01-numbered', 'a.b', 'a-.b', 'trailing-', long, '123', 'ends_'];
  expect(names.map(objectNameOf)).toEqual([
    'default',
    'my-pool',
    'numbered',
    'a.b',
    'a.b',
    'trailing',
    'x'.repeat(63),
    '',
    'ends',
  ]);
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), (name) => {
      expect(objectNameOf(name)).toMatch(
        /^$|^(?=.{1,63}$)[a-z]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
      );
    }),
  );
});

it('whole seconds are printed as Go prints them, and read back', () => {
  expect([0, 3, 90, 3600, 7265].map(printSeconds)).toEqual(['0s', '3s', '1m30s', '1h0m0s', '2h1m5s']);
  fc.assert(fc.property(fc.nat(65535), (seconds) => secondsOf(printSeconds(seconds)) === seconds));
});

/** Pools that do not overlap: each has a /16 of its own, and in that ranges at different places. */
const pools = fc.array(
  fc.record({
    protocol: fc.constantFrom('layer2' as const, 'bgp' as const),
    spots: fc.uniqueArray(fc.tuple(fc.nat(255), fc.nat(200), fc.nat(50)), {
      minLength: 1,
      maxLength: 5,
      selector: ([third]) => third,
    }),
    advertisements: fc.nat(3),
    autoAssign: fc.boolean(),
  }),
  { maxLength: 20 },
);

it('no translation loses an address, or changes how a pool is announced', () => {
  fc.assert(
    fc.property(pools, (drawn) => {
      const written = drawn.map(({ protocol, spots, advertisements, autoAssign }, index) => ({
        name: `Pool_${index}`,
        protocol,
        'auto-assign': autoAssign,
        addresses: spots.map(([third, fourth, more]) => {
          const first = ((20 * 256 + index) * 256 + third) * 256 + fourth;
          return `${printIpv4(first)}-${printIpv4(first + more)}`;
        }),
        ...(protocol === 'bgp'
          ? { 'bgp-advertisements': Array.from({ length: advertisements }, (_, at) => ({ localpref: at })) }
          : {}),
      }));
      const config: MetallbConfig = metallbConfigSchema.parse({ 'address-pools': written });
      const translated = translateConfig(config, []);
      expect(poolEntries(translated).map(({ pool, text }) => `${pool} ${text}`)).toEqual(
        written.flatMap(({ addresses }, index) => addresses.map((text) => `pool-${index} ${text}`)),
      );
      const found = poolsAmong(translated.objects.map(({ object }) => object));
      expect(
        found.map(({ name, autoAssign, advertisements }) => [name, autoAssign, advertisements.map(({ by }) => by)]),
      ).toEqual(
        drawn.map(({ protocol, advertisements, autoAssign }, index) => [
          `pool-${index}`,
          autoAssign,
          Array.from({ length: protocol === 'bgp' ? Math.max(1, advertisements) : 1 }, () => protocol),
        ]),
      );
    }),
  );
});
