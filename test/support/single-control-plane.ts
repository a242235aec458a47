import { cp, link, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { editCluster, rewrite, withoutHosts, withoutKeepalived } from './firewall-folder.ts';
import type { Lab } from './lab.ts';

/** Where somebody's load balancer listens for the API: on worker3, which is no host of the cluster. */
export const BALANCER = '10.0.50.23:8443';

/** Hosts of a cluster of one control plane and two workers. */
export const SMALL_CLUSTER = ['cp1', 'worker1', 'worker2'] as const;

/** A copy of the lab's working folder for a cluster of one control plane and two workers behind BALANCER, without keepalived. */
export async function singleControlPlane(lab: Lab): Promise<string> {
  const folder = await lab.copyFolder();
  editCluster(folder, (text) => withoutKeepalived(text).replace('10.0.50.20:6443', BALANCER));
  rewrite(folder, 'inventory.yaml', (text) =>
    withoutHosts(text, '10.0.50.12', '10.0.50.13', '10.0.50.23').replace('10.0.50.20:6443', BALANCER),
  );
  return folder;
}

const HAPROXY = `defaults
  mode tcp
  timeout connect 2s
  timeout client 10m
  timeout server 10m
frontend api
  bind ${BALANCER}
  default_backend control-plane
backend control-plane
  server cp1 10.0.50.11:6443 check inter 500ms
`;

/** Makes worker3 a load balancer that passes TCP on to the API server of cp1, behind a firewall that lets its clients in. */
export async function startBalancer(lab: Lab): Promise<void> {
  await lab.installPackages('worker3', 'haproxy');
  const script =
    'cat >/etc/haproxy/haproxy.cfg && iptables -w -A INPUT -p tcp --dport 8443 -j ACCEPT && systemctl restart haproxy';
  const started = await lab.host('worker3', ['sh', '-c', script], { input: HAPROXY });
  if (started.exit !== 0) throw new Error(started.stderr);
}

/** A copy of a bundle's folder without parts of these names, by hard links; the copy is in `folder`. */
export async function bundleWithout(bundle: string, folder: string, names: readonly string[]): Promise<string> {
  const copy = join(folder, 'bundle');
  await mkdir(copy, { mode: 0o755 });
  for (const { name, parentPath } of await filesBelow(bundle)) {
    const below = parentPath.slice(bundle.length);
    await mkdir(join(copy, below), { recursive: true });
    await link(join(parentPath, name), join(copy, below, name)).catch(() =>
      cp(join(parentPath, name), join(copy, below, name)),
    );
  }
  const index = JSON.parse(await readFile(join(bundle, 'bundle.json'), 'utf8'));
  const parts = index.parts.filter((part: { name: string }) => !names.includes(part.name));
  await writeFile(join(copy, 'bundle.json'), JSON.stringify({ ...index, parts }));
  return copy;
}

async function filesBelow(folder: string) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name !== 'bundle.json');
}
