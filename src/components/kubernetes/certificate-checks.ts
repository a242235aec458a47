import type { Check, Verdict } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import { hostsOfRole, type Topology, type TopologyHost } from '../../core/topology.ts';
import { type KubeadmCertificate, kubeadmCertificates } from '../../facts/kubeadm-certificates.ts';
import type { KubernetesSection } from './section.ts';

/** Days before the end of a certificate from which on it is worth a warning. */
const WARNING_DAYS = 30;
const DAY_SECONDS = 86_400;

const RENEW = 'konvoy renew certificates';
/** kubeadm makes those for ten years, and no tool renews them in passing. */
const RENEW_CA = 'a certificate authority is renewed by hand (kubernetes.io, "Manual Rotation of CA Certificates")';

/** What is to be said of the certificates of one host, the first that ends first. `now` in seconds since the epoch. */
function judge(certificates: readonly KubeadmCertificate[], now: number): Verdict {
  const [first, ...others] = certificates.toSorted((one, other) => one.seconds - other.seconds);
  if (first === undefined) return { is: 'unknown', why: 'there are no certificates in /etc/kubernetes' };
  const hint = first.authority ? RENEW_CA : RENEW;
  const days = Math.floor((first.seconds - now) / DAY_SECONDS);
  const expired = [first, ...others].filter(({ seconds }) => seconds <= now);
  if (expired.length > 0) {
    const list = expired.map(({ path, day }) => `${path} (${day})`).join(', ');
    return { is: 'fail', summary: `expired: ${list}`, hint };
  }
  if (days < WARNING_DAYS) {
    return {
      is: 'warn',
      summary: `${first.path} ends on ${first.day}, in ${days} ${days === 1 ? 'day' : 'days'}`,
      hint,
    };
  }
  return { is: 'pass', summary: `the first ends on ${first.day}` };
}

function certificateCheck({ address }: TopologyHost): Check {
  const question = ask(kubeadmCertificates, address, undefined);
  return {
    id: `certificates@${address}`,
    phase: 'kubernetes',
    title: `${address}: certificates are good for ${WARNING_DAYS} days and more`,
    asks: [question],
    judge(facts) {
      const answer = facts.get(question);
      return answer.ok ? judge(answer.value.certificates, answer.value.now) : { is: 'unknown', why: answer.why };
    },
  };
}

/** Until when the certificates of each control plane are good. */
export function certificateChecks(section: KubernetesSection | undefined, topology: Topology): readonly Check[] {
  return section === undefined ? [] : hostsOfRole(topology, 'control-plane').map(certificateCheck);
}
