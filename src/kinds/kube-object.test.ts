import { beforeEach, describe, expect, it } from 'vitest';
import { FakeConnections, FakeHost } from '../../test/support/fake-host.ts';
import { FakeObjects } from '../../test/support/fake-objects.ts';
import { judgeOnHosts } from '../../test/support/judge-on-hosts.ts';
import { settle, writersFor } from '../../test/support/settle.ts';
import type { JsonObject } from '../core/json.ts';
import type { Change } from '../core/plan.ts';
import type { KubeObjectResource } from '../core/resource.ts';
import { liveObject } from '../facts/kube-object.ts';
import { judging } from './judgement.ts';
import { kubeObjectKind } from './kube-object.ts';
import { writeObjects } from './kube-object/write-objects.ts';
import type { Writers } from './kind.ts';

const HOST = '10.0.50.11';
const kind = judging(kubeObjectKind);

let api: FakeObjects;
let writers: Writers;

beforeEach(() => {
  const host = new FakeHost(HOST);
  api = new FakeObjects(host);
  writers = writersFor(new FakeConnections([host]));
});

function object(name: string, more: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'kube-system' }, ...more };
}

function wanted(of: JsonObject, more: Partial<KubeObjectResource> = {}): KubeObjectResource {
  const address = `${HOST} kube-object:x`;
  const common = { component: 'calico', because: [], ensure: 'present', host: HOST, port: 6443 } as const;
  return { ...common, kind: 'kube-object', address, object: of, rollsOut: false, ...more };
}

describe('an object of the cluster', () => {
  it('that is not there is made, and then nothing is left to do', async () => {
    const { before, after } = await settle(kind, wanted(object('a', { data: { x: '1' } })), writers);
    expect(before).toMatchObject({ present: false, verb: 'create', fields: [{ field: 'object' }] });
    expect(after).toMatchObject({ present: true, fields: [] });
  });

  it('differs in what konvoy wants of it, not in what others have put there', async () => {
    api.put(object('a', { data: { x: '1', theirs: 'y' }, status: { seen: true } }));
    const judged = await judgeOnHosts(writers.hosts, kind, wanted(object('a', { data: { x: '2' } })));
    expect(judged).toMatchObject({ verb: 'update', fields: [{ field: 'data.x', before: '1', after: '2' }] });
  });

  it('of a kind that the API server does not know yet is absent', async () => {
    api.unknownKinds.add('IPPool');
    const pool = { apiVersion: 'crd.projectcalico.org/v1', kind: 'IPPool', metadata: { name: 'p' } };
    expect(await judgeOnHosts(writers.hosts, kind, wanted(pool))).toMatchObject({ present: false, verb: 'create' });
    const asked = [object('a'), pool].map((each) => liveObject.command({ address: HOST, port: 6443, object: each }));
    const stderr =
      'error: resource mapping not found for name: "p" namespace: "" from "STDIN": no matches for kind "IPPool" in version "crd.projectcalico.org/v1"\nensure CRDs are installed first\n';
    const answers = liveObject.joint?.split({ exit: 1, stdout: '', stderr }, asked) ?? [];
    const question = { address: HOST, port: 6443, object: object('a') };
    expect(answers.map((answer) => liveObject.parse(answer, question))).toEqual([undefined, undefined]);
    const refused = { exit: 1, stdout: '', stderr: `${stderr}error: Unauthorized\n` };
    expect(() => liveObject.parse(refused, question)).toThrow('Unauthorized');
  });

  it('whose fields somebody else manages is refused, and the message names them', async () => {
    api.put(object('a', { data: { x: '1' } }));
    const said =
      'error: Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.x\nPlease review the fields';
    api.conflicts.set('ConfigMap kube-system/a', said);
    const judged = await judgeOnHosts(writers.hosts, kind, wanted(object('a', { data: { x: '2' } })));
    expect(judged).toMatchObject({
      refusals: [expect.stringContaining('conflict with "kubectl-edit" using v1: .data.x')],
    });
  });

  it('that is no longer wanted goes only where konvoy has made it', async () => {
    api.put(object('theirs'));
    api.put({
      ...object('ours'),
      metadata: { name: 'ours', namespace: 'kube-system', labels: { 'konvoy.mesosphere.com/component': 'calico' } },
    });
    await settle(kind, wanted(object('theirs'), { ensure: 'absent' }), writers);
    await settle(kind, wanted(object('ours'), { ensure: 'absent' }), writers);
    expect([...api.objects.keys()]).toEqual(['ConfigMap kube-system/theirs']);
  });
});

it('definitions of kinds go before all else, and what rolls out is waited for at the end', async () => {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'd' },
  };
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'x' } };
  const changes = [wanted(deployment, { rollsOut: true }), wanted(object('a')), wanted(definition)];
  await writeObjects(
    changes.map((resource): Change<KubeObjectResource> => ({ verb: 'create', resource, fields: [] })),
    writers,
  );
  expect(api.deeds).toEqual([
    'apply CustomResourceDefinition d',
    'wait',
    'apply Deployment x/web',
    'apply ConfigMap kube-system/a',
    'rollout deployment/web',
  ]);
});
