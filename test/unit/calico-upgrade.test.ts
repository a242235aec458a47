import { beforeEach, expect, it } from 'vitest';
import { printPlan } from '../../src/cli/render/plan-text.ts';
import { PLAIN } from '../../src/cli/render/style.ts';
import { calico } from '../../src/components/calico/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import type { Change, Hazard, Plan } from '../../src/core/plan.ts';
import { planOfRemarks } from '../../src/engine/plan.ts';
import { withKind } from '../../src/kinds/dispatch.ts';
import { kinds } from '../../src/kinds/index.ts';
import type { Writers } from '../../src/kinds/kind.ts';
import { FakeConnections, FakeHost, output } from '../support/fake-host.ts';
import { FakeObjects } from '../support/fake-objects.ts';
import { judgeOnHosts } from '../support/judge-on-hosts.ts';
import { writersFor } from '../support/settle.ts';
import { MANIFEST, settled } from '../support/settled-calico.ts';

// No second release of Calico is to be had where these tests run: what an upgrade does is held against a file here, and on no host.
const [OLD, NEW] = ['v3.28.5', 'v3.29.1'] as const;
const NODES = ['10.0.50.11', '10.0.50.21'] as const;

/** What of a release's manifest is another in the next one: images, a rule, a definition, and an object that is new. */
function manifestOf(version: string): readonly JsonObject[] {
  const isNew = version === NEW;
  const resources = isNew ? ['nodes', 'namespaces', 'tiers'] : ['nodes', 'namespaces'];
  const rbac = 'rbac.authorization.k8s.io/v1';
  const definition = (plural: string): JsonObject => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.crd.projectcalico.org` },
    spec: { group: 'crd.projectcalico.org', scope: 'Cluster' },
  });
  return [
    definition('ippools'),
    ...(isNew ? [definition('tiers')] : []),
    {
      apiVersion: rbac,
      kind: 'ClusterRole',
      metadata: { name: 'calico-node' },
      rules: [{ apiGroups: [''], resources, verbs: ['get'] }],
    },
    ...MANIFEST.map((object) => withImage(object, version)),
  ];
}

function withImage(value: JsonObject, version: string): JsonObject {
  const walk = (inner: JsonValue): JsonValue => {
    if (Array.isArray(inner)) return inner.map((each: JsonValue) => walk(each));
    if (!isJsonObject(inner)) return inner;
    const entries = Object.entries(inner).map(([name, each]) => [name, walk(each)] as const);
    const image = inner.name === 'calico-node' && 'readinessProbe' in inner;
    return Object.fromEntries(image ? [...entries, ['image', `docker.io/calico/node:${version}`]] : entries);
  };
  const walked = walk(value);
  return isJsonObject(walked) ? walked : value;
}

let api: FakeObjects;
let writers: Writers;

beforeEach(() => {
  const hosts = NODES.map((address) => new FakeHost(address));
  const [first] = hosts;
  if (first === undefined) throw new Error('no host');
  api = new FakeObjects(first);
  const routes = NODES.map((_, index) => ({ dst: `192.168.${index}.0/26`, dev: 'vxlan.calico' }));
  for (const host of hosts) {
    host.on('ip', (argv) => output(JSON.stringify(argv.includes('route') ? routes : [{ ifname: 'eth0' }])));
  }
  api.otherProgram = (program) =>
    program.includes('ipamblocks')
      ? NODES.map((node, index) => `192.168.${index}.0/26 host:${node}\n`).join('')
      : undefined;
  writers = writersFor(new FakeConnections(hosts));
});

/** What would be done to come from what is there to a release, with its reasons and dangers. */
async function planTo(
  version: string,
  from: string | undefined,
): Promise<{ text: string; changes: readonly Change[] }> {
  const living = from === undefined ? undefined : { version: from, backend: 'vxlan', mtu: 1450 };
  const { section, topology } = settled(
    `version: ${version}, encapsulation: vxlan, mtu: 1450`,
    living,
    manifestOf(version),
  );
  const changes: Change[] = [];
  const hazards: Hazard[] = [];
  for (const resource of calico.desired(section, topology)) {
    const judged = await withKind(kinds, resource, (kind, wanted) => judgeOnHosts(writers.hosts, kind, wanted));
    if (judged.is !== 'judged') throw new Error(`${resource.address} cannot be judged`);
    if (judged.fields.length > 0) changes.push({ verb: judged.verb, resource, fields: judged.fields });
    hazards.push(...judged.hazards);
  }
  const plan: Plan = { ...planOfRemarks([]), changes, hazards };
  return { text: printPlan(plan, topology, { style: PLAIN, whole: true }), changes };
}

async function write(changes: readonly Change[]): Promise<void> {
  for (const { verb, resource, fields } of changes) {
    await withKind(kinds, resource, (kind, wanted) => kind.write({ verb, resource: wanted, fields }, writers));
  }
}

it('an upgrade by a minor changes what the release changes and nothing else, definitions first, nodes before the rest', async () => {
  await write((await planTo(OLD, undefined)).changes);
  api.deeds.length = 0;
  const { text, changes } = await planTo(NEW, OLD);
  await write(changes);
  const deeds = api.deeds.map((deed) => `${deed}\n`).join('');
  await expect(`${text}\nDone in this order:\n${deeds}`).toMatchFileSnapshot('golden/calico-3.28-to-3.29.txt');
  expect((await planTo(NEW, NEW)).changes).toEqual([]);
});
