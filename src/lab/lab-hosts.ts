import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { runLocal } from '../bundle/local-command.ts';
import { snapshotSubvolume } from './disk.ts';
import { hostRoot } from './lab-paths.ts';
import { DEPLOYER_ADDRESS, type LabHost } from './lab-plan.ts';

const AT_ONCE = 8;

/** CoreDNS does not start without a name server. The deployer's seat has none, and refuses: hosts know their names. */
const RESOLVERS = `nameserver ${DEPLOYER_ADDRESS}\noptions timeout:1 attempts:1\n`;

/** A host's public key, as known_hosts has it: `ssh-ed25519 AAAA…`. */
export interface HostKey {
  readonly address: string;
  readonly publicKey: string;
}

/** Makes the disks of all hosts from the base image: name, addresses of the others, a host key, the user's key. */
export async function createHosts(
  cache: string,
  lab: string,
  base: string,
  hosts: readonly LabHost[],
  authorizedKey: string,
): Promise<HostKey[]> {
  const limit = pLimit(AT_ONCE);
  const names = hostsFile(hosts);
  return await Promise.all(
    hosts.map((host) =>
      limit(async () => {
        const root = hostRoot(cache, lab, host.name);
        await snapshotSubvolume(base, root, 'writable');
        await writeFile(join(root, 'etc/hostname'), `${host.name}\n`);
        await writeFile(join(root, 'etc/hosts'), names);
        await writeFile(join(root, 'etc/resolv.conf'), RESOLVERS);
        // sshd takes a file that belongs to root as well as one that belongs to the user.
        await writeFile(join(root, 'home/konvoy/.ssh/authorized_keys'), `${authorizedKey}\n`);
        const key = await createKey(join(root, 'etc/ssh/ssh_host_ed25519_key'), `root@${host.name}`);
        return { address: host.address, publicKey: key };
      }),
    ),
  );
}

/** Makes an ed25519 key pair without a passphrase (0600) and returns the public half. An existing one is replaced. */
export async function createKey(path: string, comment: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await rm(path, { force: true });
  await runLocal('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);
  return (await readFile(`${path}.pub`, 'utf8')).trim();
}

function hostsFile(hosts: readonly LabHost[]): string {
  const lines = ['127.0.0.1 localhost', '::1 localhost ip6-localhost ip6-loopback', `${DEPLOYER_ADDRESS} deployer`];
  for (const host of hosts) lines.push(`${host.address} ${host.name}`);
  return `${lines.join('\n')}\n`;
}
