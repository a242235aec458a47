import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertOk, FRESH, type Lab, SHARED_HOSTS, sharedLab } from './lab.ts';

/** A snapshot of hosts with a cluster on them, behind INPUT policy DROP. */
export const KUBERNETES = 'kubernetes';

/** The same cluster with a network for pods. */
export const NETWORK = 'network';

/**
 * A user's own firewall, at every boot: nothing comes in but SSH and what was asked for. A cluster forms only because of
 * konvoy's rules.
 */
const USER_FIREWALL = `[Unit]
Description=Nothing comes in but SSH
Before=konvoy-firewall.service ssh.service kubelet.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/sbin/iptables -w -A INPUT -i lo -j ACCEPT
ExecStart=/sbin/iptables -w -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
ExecStart=/sbin/iptables -w -A INPUT -p tcp --dport 22 -j ACCEPT
ExecStart=/sbin/iptables -w -P INPUT DROP
[Install]
WantedBy=multi-user.target
`;

/** The shared lab with bare hosts that drop whatever comes in, but for SSH. */
export async function bareLab(): Promise<Lab> {
  const lab = await sharedLab();
  assertOk(await lab.lab('snapshot', 'restore', FRESH));
  const unit = '/etc/systemd/system/user-firewall.service';
  const script = `printf '%s' "$1" >${unit} && systemctl --quiet enable --now user-firewall.service`;
  await Promise.all(SHARED_HOSTS.map((host) => lab.onHost(host, 'sh', '-c', script, 'sh', USER_FIREWALL)));
  return lab;
}

/** The shared lab with a cluster on it: the one that stands there already, or a new one. Its admin.conf is in `lab.folder`. */
export async function clusterLab(): Promise<Lab> {
  const lab = await sharedLab();
  const ready = await lab.seat(['kubectl', '--kubeconfig=admin.conf', 'get', '--raw=/readyz']);
  if (ready.exit === 0) return lab;
  await bareLab();
  assertOk(await lab.konvoy(['deploy', 'kubernetes', '--yes']));
  return lab;
}

/** The same with a network for pods. */
export async function networkLab(): Promise<Lab> {
  const lab = await clusterLab();
  assertOk(await lab.konvoy(['up', '--yes']));
  return lab;
}

/** As far as the cluster of `clusterLab` is set up. */
export const UNTIL = ['--until', 'kubernetes'] as const;

/**
 * The shared lab as a stage has left it, whatever was done to its hosts since: from the stage's snapshot, which is made where
 * there is none. For tests that do not leave a cluster as they found it.
 */
export async function labFrom(stage: typeof KUBERNETES | typeof NETWORK): Promise<Lab> {
  const until = stage === KUBERNETES ? UNTIL : [];
  const lab = await sharedLab();
  if ((await lab.lab('snapshot', 'restore', stage)).exit === 0) {
    await waitForHealth(lab, until);
    return lab;
  }
  await (stage === KUBERNETES ? bareLab() : labFrom(KUBERNETES));
  assertOk(await lab.konvoy(['up', '--yes', ...until]));
  assertOk(await lab.lab('snapshot', 'save', stage));
  return lab;
}

/** Waits until every member of the cluster is well, 90 s at most. */
export async function waitForHealth(lab: Lab, until: readonly string[] = UNTIL): Promise<void> {
  let last = '';
  for (const end = Date.now() + 90_000; Date.now() < end; await sleep(1000)) {
    const [nodes, kubernetes] = [
      await lab.konvoy(['check', 'nodes', ...until]),
      await lab.konvoy(['check', 'kubernetes', ...until]),
    ];
    if (nodes.exit === 0 && kubernetes.exit === 0) return;
    last = `${nodes.stdout}${kubernetes.stdout}`;
  }
  throw new Error(`the cluster does not become healthy:\n${last}`);
}

/** `kubectl` in the deployer's seat with the admin.conf that `up` fetched; it must succeed. */
export async function kubectl(lab: Lab, folder: string, ...args: string[]): Promise<string> {
  return assertOk(await lab.seat(['kubectl', '--kubeconfig=admin.conf', ...args], { cwd: folder })).stdout;
}

/** The command lines of every process of this machine, those of all hosts among them, looked at until `stop`. */
export function watchCommandLines(): { stop(): Promise<readonly string[]> } {
  const seen = new Set<string>();
  let watching = true;
  const watch = async () => {
    while (watching) {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        try {
          seen.add(readFileSync(join('/proc', pid, 'cmdline'), 'latin1').replaceAll('\0', ' '));
        } catch {
          // It has ended meanwhile.
        }
      }
      await sleep(100);
    }
  };
  const done = watch();
  return {
    stop: async () => {
      watching = false;
      await done;
      return [...seen];
    },
  };
}
