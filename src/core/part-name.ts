/** Names one part of what konvoy installs, such as `kubeadm` `1.36.3`. */
export interface PartName {
  readonly name: string;
  readonly version: string;
}

/** The versions of a part that are among these, sorted. */
export function versionsOf(parts: readonly PartName[], name: string): readonly string[] {
  return parts
    .filter((part) => part.name === name)
    .map(({ version }) => version)
    .sort();
}
