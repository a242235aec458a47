import { beforeEach, describe, expect, it } from 'vitest';
import { FakeConnections, FakeHost } from '../../test/support/fake-host.ts';
import { FakeHelm, writtenBy } from '../../test/support/fake-helm.ts';
import { judgeOnHosts } from '../../test/support/judge-on-hosts.ts';
import { settle, writersFor } from '../../test/support/settle.ts';
import type { JsonObject } from '../core/json.ts';
import type { HelmReleaseResource } from '../core/resource.ts';
import { helmReleaseKind } from './helm-release.ts';
import { judging } from './judgement.ts';
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
    const judged = await judgeOnHosts(writers.hosts, kind, wanted({ password: 'the-later-word' }));
    expect(judged).toMatchObject({
      fields: [{ field: 'values.password', after: expect.stringMatching(/^\[secret /) }],
    });
    expect(JSON.stringify(judged)).not.toMatch(/the-(?:former|later)-word/);
  });

  it('of other values is upgraded', async () => {
    await settle(kind, wanted({ replicas: 1 }), writers);
    const { before, after } = await settle(kind, wanted({ replicas: 3 }), writers);
    expect(before).toMatchObject({ verb: 'update', fields: [{ field: 'values.replicas', before: '1', after: '3' }] });
    expect(after).toMatchObject({ fields: [] });
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
    const judged = await judgeOnHosts(writers.hosts, kind, wanted({}));
    expect(judged).toMatchObject({ fields: [{ field: 'owner' }], hazards: [{ id: 'adopts-foreign-release' }] });
    const gone = await judgeOnHosts(writers.hosts, kind, wanted({}, { ensure: 'absent' }));
    expect(gone).toMatchObject({ fields: [] });
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
