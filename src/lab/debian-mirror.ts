import { runLocal } from '../bundle/local-command.ts';
import type { DebianSource } from '../bundle/debian-packages.ts';

/** Debian's release that lab hosts run: kubeadm, keepalived and iptables facts were measured on it. */
const SUITE = 'bookworm';

/**
 * Where the hosts' packages come from: the mirror that this machine's own apt uses for that release, else Debian's
 * own. So a machine behind a local mirror needs no setting of ours.
 */
export async function findDebianSource(): Promise<DebianSource> {
  const format = '$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)\t$(SIGNED_BY)';
  const listed = await runLocal('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']).catch(
    () => '',
  );
  for (const line of listed.split('\n')) {
    const [mirror, release, component, signedBy] = line.split('\t');
    if (mirror !== undefined && release === SUITE && component === 'main') {
      return { mirror, suite: SUITE, keyring: signedBy?.startsWith('/') ? signedBy : DEBIAN_KEYRING };
    }
  }
  return { mirror: 'http://deb.debian.org/debian', suite: SUITE, keyring: DEBIAN_KEYRING };
}

const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
