/** What stands behind these is for CoreDNS alone: keys of tsig, azure and nomad, passwords of etcd, keys of route53. */
const SECRET = /^(\s*(?:secret|credentials|token|aws_access_key)\s+)\S.*$/gm;

/** A Corefile for a person's eyes: what only CoreDNS should know is masked. */
export function maskCorefile(text: string): string {
  return text.replace(SECRET, '$1••••••');
}
