import { type Ask, ask } from '../core/fact.ts';
import type { FieldChange } from '../core/plan.ts';
import { type KubeSecretResource, OBJECT_LABEL } from '../core/resource.ts';
import { Secret } from '../core/secret.ts';
import { FIELD_MANAGER } from '../facts/kube-object.ts';
import { type KubeSecret, kubeSecret } from '../facts/kube-secret.ts';
import type { Kind } from './kind.ts';
import { apiHost } from './kubectl.ts';
import { seeing } from './seeing.ts';

function question({ host, port, namespace, name }: KubeSecretResource): Ask<KubeSecret | undefined> {
  return ask(kubeSecret, host, { address: host, port, namespace, name });
}

/**
 * A Secret of the cluster. What is in it goes to the API server over standard input and is compared here, so that it is
 * in no argument list and no plan.
 */
export const kubeSecretKind: Kind<KubeSecretResource, KubeSecret> = {
  rollout: 'parallel',
  asks: (wanted) => [question(wanted)],
  seen: (wanted, facts) =>
    seeing(facts, (get) => {
      const found = get(question(wanted));
      return found === undefined ? { is: 'absent' } : { is: 'present', state: found };
    }),
  diff({ ensure, type, values }, seen) {
    const state = seen.is === 'present' ? seen.state : undefined;
    if (ensure === 'absent') return state?.ours === true ? [{ field: 'secret', before: 'konvoy’s' }] : [];
    const fields = Object.entries(values).flatMap(([name, value]): FieldChange[] => {
      const before = state?.values[name];
      if (before?.reveal() === value.reveal()) return [];
      return [{ field: name, ...(before === undefined ? {} : { before: `${before}` }), after: `${value}` }];
    });
    return state === undefined || state.type === type
      ? fields
      : [{ field: 'type', before: state.type, after: type }, ...fields];
  },
  refusals: ({ ensure, type, namespace, name }, seen) =>
    ensure === 'present' && seen.is === 'present' && seen.state.type !== type
      ? [`the Secret ${namespace}/${name} is of the type ${seen.state.type}, which does not change: remove it`]
      : [],
  async write({ resource }, { hosts, step }) {
    const { host, port, namespace, name, type, values, ensure, component } = resource;
    const { writer, kubectl } = apiHost(await hosts.writer(host), port);
    if (ensure === 'absent') {
      step(`deleting the Secret ${namespace}/${name}`);
      await writer.run(kubectl('delete', 'secret', '--ignore-not-found', `--namespace=${namespace}`, name));
      return;
    }
    step(`writing the Secret ${namespace}/${name}`);
    const metadata = { name, namespace, labels: { [OBJECT_LABEL]: component } };
    const revealed = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.reveal()]));
    const object = { apiVersion: 'v1', kind: 'Secret', metadata, type, stringData: revealed };
    const command = kubectl('apply', '--server-side', `--field-manager=${FIELD_MANAGER}`, '--filename=-');
    await writer.run(command, { stdin: new Secret(JSON.stringify(object)) });
  },
};
