import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { assertOk, type Lab } from './lab.ts';

/** Packages that FRR's programs need and that a plain Debian lacks. */
const PACKAGES = ['frr', 'libyang2', 'libc-ares2', 'libjson-c5'];

/** Runs a command that finds the packages in `$1`, and the group that Debian's FRR wants, as if they were installed. */
const AS_INSTALLED =
  'mount -t overlay overlay -o "lowerdir=$1/root/usr:/usr" /usr && mount --bind "$1/group" /etc/group && shift && exec "$@"';

/** A router of FRR outside of the cluster. */
export interface Router {
  /** What vtysh prints. */
  show(command: string): Promise<string>;
  /** What vtysh prints of a command that ends with `json`. */
  json(command: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** What the router is. */
export interface RouterSettings {
  /** IPv4; its own from then on. */
  readonly address: string;
  readonly asn: number;
  readonly peers: readonly { readonly address: string; readonly asn: number; readonly password?: string }[];
}

function printConfig({ address, asn, peers }: RouterSettings): string {
  const neighbours = peers.flatMap((peer) => [
    ` neighbor ${peer.address} remote-as ${peer.asn}`,
    ` neighbor ${peer.address} update-source ${address}`,
    ` neighbor ${peer.address} passive`,
    ` neighbor ${peer.address} disable-connected-check`,
    ...(peer.password === undefined ? [] : [` neighbor ${peer.address} password ${peer.password}`]),
  ]);
  return [
    'frr defaults traditional',
    `router bgp ${asn}`,
    ` bgp router-id ${address}`,
    ' no bgp ebgp-requires-policy',
    ' bgp bestpath as-path multipath-relax',
    ...neighbours,
    ' address-family ipv4 unicast',
    '  maximum-paths 16',
    '  maximum-paths ibgp 16',
    ' exit-address-family',
    '',
  ].join('\n');
}

/** Unpacks FRR out of the lab's bundle. */
async function unpack(lab: Lab, folder: string): Promise<void> {
  const { bundle } = await lab.status();
  if (bundle === undefined) throw new Error('the lab has no bundle');
  const packages = join(bundle, 'packages');
  const archives = (await readdir(packages)).filter((name) => PACKAGES.some((each) => name.startsWith(`${each}_`)));
  if (!archives.some((name) => name.startsWith('frr_'))) throw new Error('the lab’s bundle has no frr');
  for (const archive of archives) await execa('dpkg-deb', ['--extract', join(packages, archive), join(folder, 'root')]);
}

/** Makes the deployer's seat, which is the hosts' way out, a router with FRR's zebra and bgpd: it learns routes and uses them. */
export async function startRouter(lab: Lab, settings: RouterSettings): Promise<Router> {
  const folder = await mkdtemp(join(tmpdir(), 'konvoy-frr-'));
  await unpack(lab, folder);
  const run = (...argv: readonly string[]) =>
    lab.seat(['unshare', '--mount', 'sh', '-c', AS_INSTALLED, 'sh', folder, ...argv]);
  const address = (verb: 'replace' | 'delete') =>
    lab.seat(['ip', 'address', verb, `${settings.address}/32`, 'dev', 'lo']);
  const daemons = ['zebra', 'bgpd'] as const;
  const pidFile = (daemon: string) => join(folder, `${daemon}.pid`);
  const vtysh = (command: string) => run('vtysh', '--config_dir', folder, '--vty_socket', folder, '-c', command);
  const show = async (command: string) => assertOk(await vtysh(command)).stdout;
  const ended: Promise<unknown>[] = [];
  const stop = async () => {
    for (const daemon of daemons) {
      const pid = Number(await readFile(pidFile(daemon), 'utf8').catch(() => ''));
      if (pid > 0) await lab.seat(['kill', String(pid)]);
    }
    await Promise.all(ended);
    await address('delete');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await writeFile(join(folder, 'bgpd.conf'), printConfig(settings), { mode: 0o600 });
    await writeFile(join(folder, 'zebra.conf'), '', { mode: 0o600 });
    await writeFile(join(folder, 'vtysh.conf'), 'username root nopassword\n');
    await writeFile(join(folder, 'group'), `${await readFile('/etc/group', 'utf8')}frrvty:x:60000:root\n`);
    assertOk(await address('replace'));
    for (const daemon of daemons) {
      const files = ['-f', join(folder, `${daemon}.conf`), '-i', pidFile(daemon), '-z', join(folder, 'zserv.api')];
      const rest = ['--vty_socket', folder, '-P', '0', '-u', 'root', '-g', 'root'];
      // In the foreground: whoever starts it waits for its end.
      ended.push(run(`/usr/lib/frr/${daemon}`, ...files, ...rest));
    }
    for (let attempt = 0; !(await vtysh('show bgp summary')).stdout.includes('BGP'); attempt++) {
      if (attempt === 50) throw new Error('FRR does not answer');
      await sleep(100);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { show, json: async (command) => JSON.parse(await show(command)), stop };
}
