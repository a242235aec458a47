import { beforeEach, describe, expect, it } from 'vitest';
import { FakeConnections, FakeHost } from '../../test/support/fake-host.ts';
import { FakeHelm, writtenBy } from '../../test/support/fake-helm.ts';
import { judgeOnHosts } from '../../test/support/judge-on-hosts.ts';
import { settle, writersFor } from '../../test/support/settle.ts';
import { type JsonObject, overlay } from '../core/json.ts';
import type { FieldChange } from '../core/plan.ts';
import type { HelmReleaseResource } from '../core/resource.ts';
import { helmReleaseKind } from './helm-release.ts';
import { type Judgement, judging } from './judgement.ts';
import type { Writers } from './kind.ts';

const HOST = '10.0.50.11';
const NAMESPACE = 'kubeaddons';
const CHART = { name: 'fake', version: '1.0.0' };
const kind = judging(helmReleaseKind);

let host: FakeHost;
let helm: FakeHelm;
let writers: Writers;

const bytes = new TextEncoder().encode('a chart');

beforeEach(() => {
  host = new FakeHost(HOST);
  helm = new FakeHelm(host);
  helm.chart = ({ replicas = 1 }) => [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', namespace: NAMESPACE }, spec: { replicas } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: NAMESPACE }, data: { key: 'aGlkZGVu' } },
  ];
  writers = {
    ...writersFor(new FakeConnections([host])),
    parts: {
      machine: undefined,
      bring: async () => undefined,
      origin: '/bundle',
      versions: () => [CHART.version],
      file: async () => ({
        size: bytes.length,
        sha256: '',
        bytes: (async function* () {
          yield bytes;
        })(),
      }),
      images: async () => {
        throw new Error('no images here');
      },
    },
  };
});

function wanted(values: JsonObject, more: Partial<HelmReleaseResource> = {}): HelmReleaseResource {
  return {
    kind: 'helm-release',
    address: `${HOST} helm-release:metallb`,
    component: 'metallb',
    because: [],
    ensure: 'present',
    host: HOST,
    port: 6443,
    release: 'metallb-kubeaddons',
    namespace: NAMESPACE,
    chart: CHART,
    values,
    serves: 'load-balancer-services',
    ...more,
  };
}

function fieldsOf(judgement: Judgement): readonly FieldChange[] {
  return judgement.is === 'judged' ? judgement.fields : [];
}

describe('a release of Helm', () => {
  it('that is not there is installed and marked as ours, and then nothing is left to do', async () => {
    const { before, after } = await settle(kind, wanted({ replicas: 2 }), writers);
    expect(before).toMatchObject({ present: false, verb: 'create' });
    expect(after).toMatchObject({ present: true, fields: [] });
    expect(helm.revisions).toEqual([{ values: { replicas: 2 }, status: 'deployed', component: 'metallb' }]);
    expect(helm.api.deeds).toEqual(['rollout deployment/a']);
  });

  it('hands values to Helm in a file that only root reads, and leaves nothing behind', async () => {
    await settle(kind, wanted({ password: 'very-secret-word' }), writers);
    const written = host.journal.find((entry) => entry.is === 'writeFile');
    expect(written).toMatchObject({ mode: 0o600, content: '{"password":"very-secret-word"}' });
    const words = host.journal.flatMap((entry) => (entry.is === 'run' ? entry.argv : []));
    expect(words.join(' ')).not.toContain('very-secret-word');
    expect(host.journal.at(-1)).toMatchObject({ is: 'run' });
    expect(words).toContain('/run/konvoy-helm-x');
  });

  it('shows a secret among its values as a digest', async () => {
    await settle(kind, wanted({ password: 'the-former-word' }), writers);
    const later = wanted({ password: 'the-later-word' });
    const judged = await judgeOnHosts(writers.hosts, kind, later, writers.parts);
    expect(judged).toMatchObject({
      fields: [{ field: 'values.password', after: expect.stringMatching(/^\[secret /) }],
    });
    expect(JSON.stringify(judged)).not.toMatch(/the-(?:former|later)-word/);
  });

  it('of other values is upgraded', async () => {
    await settle(kind, wanted({ replicas: 1 }), writers);
    const { before, after } = await settle(kind, wanted({ replicas: 3 }), writers);
    expect(before).toMatchObject({
      verb: 'update',
      fields: [
        { field: 'values.replicas', before: '1', after: '3' },
        { field: 'object Deployment kubeaddons/a: spec.replicas', before: '1', after: '3' },
      ],
    });
    expect(after).toMatchObject({ fields: [] });
  });

  it('of other values tells what becomes of each object, and what others have added to one stays', async () => {
    const service = (port: number) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a', namespace: NAMESPACE },
      spec: { ports: [{ name: 'web', port }] },
    });
    helm.chart = ({ port = 80, more = false }) => [
      service(Number(port)),
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: more ? 'new' : 'old', namespace: NAMESPACE } },
    ];
    await settle(kind, wanted({ port: 80 }), writers);
    const live = overlay(service(80), { metadata: { annotations: { pool: 'default' } } });
    helm.api.put(writtenBy('metallb', writtenBy('helm', live)));
    const values = { port: 8080, more: true };
    const judged = await judgeOnHosts(writers.hosts, kind, wanted(values), writers.parts);
    expect(judged).toMatchObject({
      fields: [
        { field: 'values.port', before: '80', after: '8080' },
        { field: 'values.more', after: 'true' },
        { field: 'object Service kubeaddons/a: spec.ports[web].port', before: '80', after: '8080' },
        { field: 'object ConfigMap kubeaddons/new', after: 'as the chart makes it' },
        { field: 'object ConfigMap kubeaddons/old', before: 'there' },
      ],
    });
    expect(host.journal.slice(-1)).not.toContainEqual(expect.objectContaining({ is: 'stream' }));
    expect(await judgeOnHosts(writers.hosts, kind, wanted(values), writers.parts)).toEqual(judged);
  });

  it('of other values says why its objects are not known beforehand', async () => {
    await settle(kind, wanted({ replicas: 1 }), writers);
    const changed = wanted({ replicas: 3 });
    const [, ...without] = fieldsOf(await judgeOnHosts(writers.hosts, kind, changed));
    expect(without).toEqual([{ field: 'objects', after: expect.stringContaining('chart fake 1.0.0 of a bundle') }]);
    helm.refusal = 'Error: UPGRADE FAILED: execution error: replicas must be even\n';
    const [, ...refused] = fieldsOf(await judgeOnHosts(writers.hosts, kind, changed, writers.parts));
    expect(refused).toEqual([{ field: 'objects', after: expect.stringContaining('replicas must be even') }]);
  });

  it('hands values to Helm by its standard input when it only looks', async () => {
    await settle(kind, wanted({ replicas: 1 }), writers);
    host.queried.length = 0;
    await judgeOnHosts(writers.hosts, kind, wanted({ replicas: 1, password: 'very-secret-word' }), writers.parts);
    const words = host.queried.flat().join(' ');
    expect(words).toContain('--dry-run=server --output=json');
    expect(words).not.toContain('very-secret-word');
  });

  it('that nobody has touched costs one question about all releases and one about all objects', async () => {
    await settle(kind, wanted({ replicas: 2 }), writers);
    host.queried.length = 0;
    expect(await judgeOnHosts(writers.hosts, kind, wanted({ replicas: 2 }))).toMatchObject({ fields: [] });
    const programs = host.queried.map((argv) => argv.join(' '));
    expect(programs).toEqual([expect.stringContaining('owner=helm'), expect.stringContaining('--show-managed-fields')]);
    expect(programs.join(' ')).not.toMatch(/helm get|dry-run/);
  });

  it('asks what an apply would make of those objects alone that somebody else has written to', async () => {
    await settle(kind, wanted({ replicas: 2 }), writers);
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', namespace: NAMESPACE } };
    helm.api.put(writtenBy('kubectl-edit', { ...object, spec: { replicas: 2, paused: true } }));
    host.queried.length = 0;
    expect(await judgeOnHosts(writers.hosts, kind, wanted({ replicas: 2 }))).toMatchObject({ fields: [] });
    const asked = host.queried.filter((argv) => argv.join(' ').includes('--dry-run=server'));
    expect(asked).toHaveLength(1);
    expect(asked[0]?.slice(5).map((word) => JSON.parse(word).kind)).toEqual(['Deployment']);
  });

  it('wants its chart out of a bundle, and a write without one touches nothing', async () => {
    const change = { verb: 'create' as const, resource: wanted({}), fields: [{ field: 'chart' }] };
    expect(kind.needs(change)).toEqual([{ name: 'chart fake', version: '1.0.0' }]);
    await expect(kind.write(change, { ...writers, parts: undefined })).rejects.toThrow(/chart fake 1\.0\.0 .*bundle/);
    expect(host.journal).toEqual([]);
  });

  it('of which others changed an object gets that back, without a new revision', async () => {
    await settle(kind, wanted({ replicas: 2 }), writers);
    const scaled = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', namespace: NAMESPACE } };
    helm.api.put({ ...scaled, spec: { replicas: 0 } });
    const { before, after } = await settle(kind, wanted({ replicas: 2 }), writers);
    const field = 'object Deployment kubeaddons/a: spec.replicas';
    expect(before).toMatchObject({ fields: [{ field, before: '0', after: '2' }] });
    expect(after).toMatchObject({ fields: [] });
    expect(helm.revisions).toHaveLength(1);
    expect(kind.needs({ verb: 'update', resource: wanted({}), fields: [{ field }] })).toEqual([]);
  });

  it('of which an object is gone gets it back; the content of Secrets is never asked with a command line', async () => {
    await settle(kind, wanted({ replicas: 2 }), writers);
    helm.api.objects.delete('Secret kubeaddons/s');
    const { before, after } = await settle(kind, wanted({ replicas: 2 }), writers);
    expect(before).toMatchObject({ fields: [{ field: 'object Secret kubeaddons/s', before: 'gone' }] });
    expect(after).toMatchObject({ fields: [] });
    expect(host.queried.flat().join(' ')).not.toContain('aGlkZGVu');
  });

  it('that others have made is adopted only where that danger is accepted', async () => {
    helm.revisions = [{ values: {}, status: 'deployed', component: '' }];
    for (const object of helm.chart({})) helm.api.put(writtenBy('helm', object));
    const judged = await judgeOnHosts(writers.hosts, kind, wanted({}), writers.parts);
    expect(judged).toMatchObject({ fields: [{ field: 'owner' }], hazards: [{ id: 'adopts-foreign-release' }] });
    expect(helm.deeds).toEqual([]);
    const gone = await judgeOnHosts(writers.hosts, kind, wanted({}, { ensure: 'absent' }));
    expect(gone).toMatchObject({ fields: [] });
    const { after } = await settle(kind, wanted({}), writers);
    expect(after).toMatchObject({ fields: [] });
    expect([helm.deeds, helm.revisions.at(-1)?.component]).toEqual([['upgrade'], 'metallb']);
  });

  it('whose first installation was killed is taken away and made anew', async () => {
    helm.revisions = [{ values: {}, status: 'pending-install', component: 'metallb' }];
    const { before, after } = await settle(kind, wanted({ replicas: 2 }), writers);
    expect(before).toMatchObject({ fields: [{ field: 'status', before: 'pending-install' }, {}] });
    expect(after).toMatchObject({ fields: [] });
    expect(helm.deeds).toEqual(['uninstall', 'upgrade']);
  });

  it('whose upgrade was killed goes back to what ran, and then on', async () => {
    helm.revisions = [
      { values: { replicas: 1 }, status: 'deployed', component: 'metallb' },
      { values: { replicas: 2 }, status: 'pending-upgrade', component: 'metallb' },
    ];
    const { after } = await settle(kind, wanted({ replicas: 2 }), writers);
    expect(after).toMatchObject({ fields: [] });
    expect(helm.deeds).toEqual(['rollback', 'upgrade']);
  });

  it('whose upgrade fails is back where it was, and the message says both', async () => {
    await settle(kind, wanted({ replicas: 1 }), writers);
    helm.failure = 'Error: the chart does not like it\n';
    const change = {
      verb: 'update' as const,
      resource: wanted({ replicas: 2 }),
      fields: [{ field: 'values.replicas' }],
    };
    await expect(kind.write(change, writers)).rejects.toThrow(/it is back at revision 1: .*does not like it/);
    expect(await judgeOnHosts(writers.hosts, kind, wanted({ replicas: 1 }))).toMatchObject({ fields: [] });
  });

  it('of ours that is not wanted any more goes; what uses it is told', async () => {
    await settle(kind, wanted({}), writers);
    helm.users = ['shop/front', 'kubeaddons/traefik-kubeaddons'];
    const { before, after } = await settle(kind, wanted({}, { ensure: 'absent' }), writers);
    expect(before).toMatchObject({
      verb: 'delete',
      hazards: [{ id: 'removes-used-addon', message: expect.stringMatching(/: shop\/front$/) }],
    });
    expect(after).toMatchObject({ present: false, fields: [] });
  });
});
