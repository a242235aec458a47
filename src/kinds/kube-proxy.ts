import { ask } from '../core/fact.ts';
import type { FieldChange, Hazard } from '../core/plan.ts';
import type { KubeProxyResource } from '../core/resource.ts';
import { type KubeProxyState, kubeProxyState } from '../facts/kube-proxy-state.ts';
import { readConfiguration } from './component-configuration.ts';
import type { Kind } from './kind.ts';
import { differences, digestOfData } from './kube-proxy/configuration.ts';
import { writeKubeProxy } from './kube-proxy/write-kube-proxy.ts';
import { seeing } from './seeing.ts';

const PODS = 'pods';

function askState({ host, port }: KubeProxyResource) {
  return ask(kubeProxyState, host, { address: host, port });
}

function edits({ fields }: KubeProxyResource, { config }: KubeProxyState) {
  const configuration = readConfiguration(config);
  return configuration === undefined ? [] : differences(configuration, fields);
}

/**
 * Whether pods may run something else than the ConfigMap says. Of pods that konvoy has not started nothing is known but when
 * their template was written.
 */
function isBehind({ configMap, startedFor, configIsNewer }: KubeProxyState): boolean {
  return startedFor === undefined ? configIsNewer : startedFor !== digestOfData(configMap);
}

function fieldsOf(wanted: KubeProxyResource, state: KubeProxyState): readonly FieldChange[] {
  const print = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const changes = edits(wanted, state).map(({ path, before, after }) => ({
    field: path.join('.'),
    ...(before === undefined ? {} : { before: print(before) }),
    after: print(after),
  }));
  const left = state.leaves.filter((mode) => mode !== wanted.fields.mode);
  return [
    ...changes,
    ...(isBehind(state)
      ? [{ field: PODS, before: 'started for an older ConfigMap', after: 'started for the present one' }]
      : []),
    ...left.map((mode) => ({ field: `rules of the mode ${mode}`, before: 'may be left on hosts' })),
  ];
}

function hazards(wanted: KubeProxyResource, state: KubeProxyState): readonly Hazard[] {
  const mode = edits(wanted, state).find(({ path }) => path.join('.') === 'mode');
  if (mode === undefined) return [];
  const message = `kube-proxy brings traffic for Services to pods by ${String(mode.after)} instead of ${String(mode.before)}: node after node, new connections may fail there for seconds; those that stand go on`;
  return [{ id: 'changes-proxy-mode', address: wanted.address, message }];
}

/**
 * kube-proxy as kubeadm makes it. The ConfigMap is the user's but for konvoy's fields; what anybody changed in it is taken to
 * the pods by starting them anew, which kube-proxy does not do by itself.
 */
export const kubeProxyKind: Kind<KubeProxyResource, KubeProxyState> = {
  rollout: 'parallel',
  asks: (wanted) => [askState(wanted)],
  seen: (wanted, facts) =>
    seeing(facts, (get) => {
      const state = get(askState(wanted));
      return state === undefined ? { is: 'absent' } : { is: 'present', state };
    }),
  diff: (wanted, seen) => (seen.is === 'present' ? fieldsOf(wanted, seen.state) : []),
  verb: (_wanted, _seen, fields) => (fields.every(({ field }) => field === PODS) ? 'restart' : 'update'),
  hazards: (wanted, seen) => (seen.is === 'present' ? hazards(wanted, seen.state) : []),
  touches: ({ nodes }) => nodes,
  write: ({ resource }, writers) => writeKubeProxy(resource, writers),
};
