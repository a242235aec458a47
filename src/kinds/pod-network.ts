import { type JsonObject, jsonAt, objectAt } from '../core/json.ts';
import type { FieldChange, Hazard } from '../core/plan.ts';
import type { PodNetworkResource } from '../core/resource.ts';
import type { DryRun } from '../facts/kube-object.ts';
import { objectName } from '../facts/kubectl-json.ts';
import {
  askDryRunOfLiving,
  askLive,
  diffDryRun,
  printWhole,
  readDryRun,
  refusalOf,
  type WantedObject,
} from './kube-object/see-object.ts';
import type { Kind } from './kind.ts';
import { writePodNetwork } from './pod-network/write-pod-network.ts';
import { seeing } from './seeing.ts';

interface SeenObject {
  readonly wanted: JsonObject;
  /** Undefined where there is none. */
  readonly found: { readonly live: JsonObject; readonly dryRun: DryRun } | undefined;
}

type PodNetworkState = readonly SeenObject[];

function objectsOf({ host, port, settings, pool }: PodNetworkResource): readonly WantedObject[] {
  return [...settings, pool].map((object) => ({ host, port, object }));
}

function fieldsOf({ wanted, found }: SeenObject): readonly FieldChange[] {
  const name = objectName(wanted);
  const fields = found === undefined ? [printWhole(wanted)] : diffDryRun(found.live, found.dryRun);
  return fields.map((field) => ({ ...field, field: `${name}: ${field.field}` }));
}

/** How a pool's packets travel, for people. */
function printModes(object: JsonObject): string {
  const { ipipMode = 'Never', vxlanMode = 'Never' } = objectAt(object, 'spec');
  if (vxlanMode !== 'Never') return vxlanMode === 'Always' ? 'VXLAN' : 'VXLAN between subnets';
  if (ipipMode !== 'Never') return ipipMode === 'Always' ? 'IP-in-IP' : 'IP-in-IP between subnets';
  return 'no encapsulation';
}

function hazards({ address }: PodNetworkResource, state: PodNetworkState): readonly Hazard[] {
  return state.flatMap(({ wanted, found }): Hazard[] => {
    if (found === undefined) return [];
    if (wanted.kind === 'IPPool') {
      const [from, to] = [printModes(found.live), printModes(wanted)];
      if (from === to) return [];
      const message = `packets between pods of different nodes travel with ${to} instead of ${from}: for seconds, while the nodes change one after the other, some are lost; connections stay`;
      return [{ id: 'changes-encapsulation', address, message }];
    }
    const [from, to] = [jsonAt(found.live, 'data', 'veth_mtu'), jsonAt(wanted, 'data', 'veth_mtu')];
    if (from === to || to === undefined) return [];
    const message = `new pods get an MTU of ${String(to)} bytes instead of ${String(from)}; those that run keep theirs until they are made again`;
    return [{ id: 'changes-pod-mtu', address, message }];
  });
}

/** How packets get from pod to pod. What differs is asked of the API server, as for any object. */
export const podNetworkKind: Kind<PodNetworkResource, PodNetworkState> = {
  rollout: 'parallel',
  asks: (wanted) => objectsOf(wanted).map(askLive),
  asksMore: (wanted, facts) => objectsOf(wanted).flatMap((each) => askDryRunOfLiving(each, facts)),
  seen: (wanted, facts) =>
    seeing(facts, (get) => {
      const state = objectsOf(wanted).map((each): SeenObject => {
        const live = get(askLive(each));
        return { wanted: each.object, found: live && { live, dryRun: readDryRun(each, live, get) } };
      });
      return state.every(({ found }) => found === undefined) ? { is: 'absent' } : { is: 'present', state };
    }),
  diff(wanted, seen) {
    const state =
      seen.is === 'present'
        ? seen.state
        : objectsOf(wanted).map(({ object }) => ({ wanted: object, found: undefined }));
    return state.flatMap(fieldsOf);
  },
  hazards: (wanted, seen) => (seen.is === 'present' ? hazards(wanted, seen.state) : []),
  refusals: (_wanted, seen) =>
    seen.is === 'present'
      ? seen.state.flatMap(({ found }) => (found === undefined ? [] : refusalOf(found.dryRun)))
      : [],
  touches: ({ nodes }) => nodes,
  write: (change, writers) => writePodNetwork(change.resource, writers),
};
