import type { VerifiedRow } from './judge.ts';
import { distinct, type Finding, type Layer } from './layers.ts';

/** A node on which no pod runs, and why. */
export interface MissingPod {
  readonly node: string;
  readonly why: string;
}

/** What the kubelet says where the network of a pod could not be made, and where an image is not there. */
const KNOWN: readonly { readonly says: RegExp; readonly layer: Layer; readonly hint: string }[] = [
  {
    says: /ErrImageNeverPull/,
    layer: 'probe',
    hint: 'the image of the probe is in no registry: `konvoy up --bundle DIR` brings it to every host',
  },
  {
    says: /network|cni|calico/i,
    layer: 'route',
    hint: 'look at calico-node on that node: kubectl get pods --all-namespaces --selector=k8s-app=calico-node --output=wide',
  },
];

function findingOf({ node, why }: MissingPod): Finding {
  const { layer, hint } = KNOWN.find(({ says }) => says.test(why)) ?? {
    layer: 'probe',
    hint: `look at the node: kubectl describe node ${node}`,
  };
  return { layer, summary: 'pods do not start on every node', evidence: [`${node}: ${why}`], hint };
}

/** The first line of the table: whether a pod runs on every node that takes part. */
export function startRow(running: readonly string[], missing: readonly MissingPod[]): VerifiedRow {
  const asked = running.length + missing.length;
  const named = missing.map(({ node, why }) => `${node}: ${why}`).join(', ');
  return {
    id: 'pod-start',
    title: 'pods start on every node',
    verdict: missing.length === 0 ? 'pass' : 'fail',
    summary: missing.length === 0 ? `${asked} nodes` : `${missing.length} of ${asked} failed: ${named}`,
    asked,
    failures: missing.map(({ node, why }) => ({ from: node, to: node, why })),
    findings: distinct(missing.map(findingOf)),
  };
}
