import { homedir } from 'node:os';
import type { HostConnections } from '../connections/host.ts';
import type { HostAddress } from '../core/address.ts';
import { ConfigInvalid, UsageError } from '../core/errors.ts';
import type { WayToAws } from '../config/aws-section.ts';
import type { Sections } from '../components/index.ts';
import type { Report } from '../core/events.ts';
import { Secret } from '../core/secret.ts';
import type { SshSettings } from '../core/ssh-settings.ts';
import { hostsOfRole, type Topology } from '../core/topology.ts';
import { bindComponent } from '../engine/bound-component.ts';
import type { ClusterWorld, LoadedCluster, LoadOptions } from './cluster-world.ts';
import type { CliContext } from './context.ts';
import { type CloudOptions, type HostOptions, hostsOfShare } from './options.ts';
import { takesPart } from './stages.ts';

/** Milliseconds for the TCP connection to a host, and again for the handshake. */
const CONNECT_TIMEOUT = 15_000;

/** Files from the disk, hosts over SSH. Everything heavy is loaded when it is needed. */
export const realWorld: ClusterWorld = {
  load,
  connect,
  kinds: async () => (await import('../kinds/index.ts')).kinds,
  pins: async () => (await import('../bundle/pinned-downloads.ts')).PINNED_DOWNLOADS,
};

async function load(context: CliContext, options: LoadOptions): Promise<LoadedCluster> {
  const [{ readConfig }, { NO_SECTIONS, visitComponents }, { wayToAws }] = await Promise.all([
    import('./read-config.ts'),
    import('../components/index.ts'),
    import('../config/aws-section.ts'),
  ]);
  const { inventoryText } = options;
  const config = await readConfig(context, options, { inventoryIsOptional: false, inventoryText });
  const { sections, diagnostics, ssh, cluster } = config;
  if (config.topology === undefined || sections === undefined) throw new ConfigInvalid(diagnostics, config.documents);
  const topology = { ...config.topology, upgrade: upgradeOf(config.topology, options) };
  const complete = await withManifest(context, options, sections, topology);
  if (takesPart('addons', options.until)) {
    const { judgeAddonValues } = await import('./judge-addon-values.ts');
    const wrong = await judgeAddonValues(context, options, { sections, topology }, config.placeInCluster);
    if (wrong.length > 0) throw new ConfigInvalid(wrong, config.documents);
  }
  const bind = (wanted: typeof sections, among = topology) =>
    visitComponents(wanted, (component, section) => bindComponent(component, section, among)).filter(
      // What is in a cloud has commands of its own: provision and down.
      ({ stage }) => stage !== 'provision',
    );
  return {
    topology,
    ssh,
    aws: cluster && wayToAws(cluster),
    diagnostics,
    ignoredPreflights: cluster?.spec.kubernetes.preflightChecks.errorsToIgnore ?? [],
    components: bind(complete),
    removal: (leaving) => [...bind(NO_SECTIONS, { ...topology, leaving })].reverse(),
  };
}

/** The sections with Calico's manifest, where Calico takes part: reading it costs a fifth of a second. */
async function withManifest(
  context: CliContext,
  options: LoadOptions,
  sections: Sections,
  topology: Topology,
): Promise<Sections> {
  const { calico } = sections;
  if (calico === undefined || !takesPart('container-networking', options.until)) return sections;
  const [{ manifestName }, { findCalicoManifest }] = await Promise.all([
    import('../components/calico/typha.ts'),
    import('./calico-manifest.ts'),
  ]);
  const part = { name: manifestName(topology), version: calico.version };
  return { ...sections, calico: { ...calico, manifest: await findCalicoManifest(context, options, part) } };
}

/** One worker after the other where nothing else is said: what pods are spread for is seldom known. */
function upgradeOf(topology: Topology, { upgrade, maxParallel }: LoadOptions): Topology['upgrade'] {
  if (upgrade === undefined) return undefined;
  return { workersAtOnce: hostsOfShare(maxParallel, hostsOfRole(topology, 'worker').length, 1) };
}

async function connect(
  context: CliContext,
  cluster: LoadedCluster,
  options: HostOptions & CloudOptions,
  report: Report,
): Promise<HostConnections> {
  const becomePassword = await askBecomePassword(context, options);
  const [{ connectHosts }, { skipsHostKeys }] = await Promise.all([
    import('../connections/connect-hosts.ts'),
    import('../connections/skips-host-keys.ts'),
  ]);
  const settings = cluster.ssh.map((host) =>
    skipsHostKeys(host) && !acceptsSkipping(options, host.host) ? withHostKeys(host) : host,
  );
  const refused = cluster.ssh.filter((host, index) => host !== settings[index]);
  if (refused.length > 0) {
    const text = `the inventory turns off the check of host keys for ${refused.map(({ host }) => host).join(', ')}; they are checked all the same (--accept skips-host-keys turns it off)`;
    report({ is: 'note', text });
  }
  const hosts = connectHosts(settings, {
    implementation: options.ssh ?? 'auto',
    acceptNewHostKeys: options.acceptNewHostKeys ?? false,
    skipHostKeys: true,
    ...(becomePassword === undefined ? {} : { becomePassword }),
    connectTimeoutMs: CONNECT_TIMEOUT,
    maxHandshakes: Math.max(4, Math.min(cluster.ssh.length, hostsOfShare(options.maxParallel, cluster.ssh.length))),
    signal: context.signal,
    report,
    homeFolder: context.env.HOME ?? homedir(),
    env: context.env,
  });
  return cluster.aws === undefined ? hosts : besideCloud(hosts, cluster.aws, context, options);
}

/** The same hosts, with the cloud to be asked beside them. Nothing of it is loaded or called before that. */
async function besideCloud(
  hosts: HostConnections,
  { region, serviceUrls }: WayToAws,
  { signal }: CliContext,
  options: CloudOptions,
): Promise<HostConnections> {
  const [{ connectAws }, { asHost, withCloud }] = await Promise.all([
    import('../connections/aws/connect-aws.ts'),
    import('../connections/cloud.ts'),
  ]);
  const { profile, endpointUrl } = options;
  const aws = connectAws({ region: options.region ?? region, profile, endpointUrl, serviceUrls, signal });
  return withCloud(hosts, asHost(aws));
}

function acceptsSkipping(options: HostOptions, host: HostAddress): boolean {
  return options.accept.some(({ id, host: only }) => id === 'skips-host-keys' && (only === undefined || only === host));
}

/** The same host with its key checked, whatever the inventory says. */
function withHostKeys(settings: SshSettings): SshSettings {
  const { stricthostkeychecking: _dropped, ...checked } = settings.options;
  return { ...settings, options: checked };
}

async function askBecomePassword(context: CliContext, options: HostOptions): Promise<Secret | undefined> {
  if (!options.askBecomePass) return undefined;
  if (context.prompt === undefined) {
    throw new UsageError('--ask-become-pass wants a terminal to ask on', {
      hint: 'without one, ansible_become_password in the inventory serves',
    });
  }
  return new Secret(await context.prompt('Password for sudo on the hosts: ', { hidden: true }));
}
