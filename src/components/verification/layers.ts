/** Where a fault lies, from the wire up. */
export type Layer =
  | 'firewall'
  | 'encapsulation'
  | 'route'
  | 'mtu'
  | 'policy'
  | 'dns'
  | 'kube-proxy'
  /** The probes themselves could not be made or asked. */
  | 'probe';

/** A fault, with what speaks for it and what to do. */
export interface Finding {
  readonly layer: Layer;
  /** One sentence without a full stop. */
  readonly summary: string;
  readonly evidence: readonly string[];
  readonly hint: string;
}

/** Each fault once, by layer and sentence, with all that speaks for it. */
export function distinct(findings: readonly Finding[]): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${finding.layer} ${finding.summary}`;
    const first = found.get(key) ?? finding;
    found.set(key, { ...first, evidence: [...new Set([...first.evidence, ...finding.evidence])] });
  }
  return [...found.values()];
}
