import type { HostWriter } from '../../connections/host.ts';
import { MEMBER_RECORD } from '../../facts/cluster-state.ts';
import { forget, remember } from '../host-memory.ts';
import { type MemberSettings, parseSettings } from './member-settings.ts';

/** What konvoy remembers of a host that it made, or began to make, a member. */
export interface MemberRecord {
  /** `begun`: kubeadm was started and may not have come to its end. */
  readonly state: 'begun' | 'member';
  /** The settings that konvoy gave it; undefined where it gave none yet, or an earlier konvoy did. */
  readonly settings: MemberSettings | undefined;
}

/** Reads what `rememberMember` wrote. Anything else counts as begun: then the host is cleaned before it joins again. */
export function parseMemberRecord(text: string): MemberRecord {
  const [state = '', settings = ''] = text.split('\n');
  return { state: state.trim() === 'member' ? 'member' : 'begun', settings: parseSettings(settings) };
}

/** Keeps that a host is to become a member. */
export async function rememberBegun(writer: HostWriter): Promise<void> {
  await remember(writer, MEMBER_RECORD, 'begun\n');
}

/** Keeps that a host is a member, and with which settings. */
export async function rememberMember(writer: HostWriter, settings: MemberSettings): Promise<void> {
  await remember(writer, MEMBER_RECORD, `member\n${JSON.stringify(settings)}\n`);
}

/** Nothing of Kubernetes is left on the host. */
export async function forgetMember(writer: HostWriter): Promise<void> {
  await forget(writer, [MEMBER_RECORD]);
}
