import type { HostWriter } from '../../connections/host.ts';
import { MEMBER_RECORD } from '../../facts/cluster-state.ts';
import { forget, remember } from '../host-memory.ts';

/** What konvoy remembers of a host that it made, or began to make, a member. */
export interface MemberRecord {
  /** `begun`: kubeadm was started and may not have come to its end. */
  readonly state: 'begun' | 'member';
}

/** Reads what `rememberMember` wrote. Anything else counts as begun: then the host is cleaned before it joins again. */
export function parseMemberRecord(text: string): MemberRecord {
  return { state: text.trim() === 'member' ? 'member' : 'begun' };
}

/** Keeps how far a host has come. */
export async function rememberMember(writer: HostWriter, state: MemberRecord['state']): Promise<void> {
  await remember(writer, MEMBER_RECORD, `${state}\n`);
}

/** Nothing of Kubernetes is left on the host. */
export async function forgetMember(writer: HostWriter): Promise<void> {
  await forget(writer, [MEMBER_RECORD]);
}
