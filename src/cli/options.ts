import { type Command, InvalidArgumentError } from 'commander';
import type { Stage } from '../core/component.ts';
import { HAZARD_IDS, type HazardId } from '../core/plan.ts';
import type { Acceptance } from '../engine/accept-hazards.ts';
import { type BundleOptions, isDownloadMirror, MIRROR_SHAPE } from './named-bundle.ts';
import { DEPLOYED_STAGES } from './stages.ts';

/** Hosts that are dialled or written at once where nothing else is said. */
const DEFAULT_PARALLEL = 16;

export type OutputFormat = 'text' | 'json';

/** Options of every command that reads the cluster's files. */
export interface ClusterOptions extends BundleOptions {
  readonly config: string;
  readonly inventory: string;
  readonly output: OutputFormat;
  readonly verbose?: true;
  /** False with `--no-color`. */
  readonly color: boolean;
}

/** Options of every command that speaks to hosts. */
export interface HostOptions extends ClusterOptions {
  readonly limit?: string;
  /** Undefined: what is usual. */
  readonly maxParallel?: Share;
  readonly ssh?: 'ssh2' | 'openssh';
  readonly acceptNewHostKeys?: true;
  readonly askBecomePass?: true;
  readonly accept: readonly Acceptance[];
  /** The last stage that takes part; undefined: all that there are. Not an option of `reset`. */
  readonly until?: Stage;
  /** Lets living nodes go to another version. Only an option of what plans and brings up Kubernetes. */
  readonly upgrade?: true;
}

/** Options of every command that speaks to a cloud. */
export interface CloudOptions extends ClusterOptions {
  readonly region?: string;
  readonly profile?: string;
  readonly endpointUrl?: string;
}

/** Options of every command that writes to hosts. */
export interface WriteOptions extends HostOptions {
  readonly yes?: true;
  readonly maxFailures: number;
  /** Seconds, 5–600. */
  readonly revertAfter: number;
  /** Does without the snapshot of etcd before what endangers its data. */
  readonly withoutSnapshot?: true;
}

/** A number of hosts, or a part of all of them. */
export interface Share {
  readonly hosts?: number;
  /** 1–100. */
  readonly percent?: number;
}

/** How many hosts a share means among `all`, at least one; `usual` many where nothing was said. */
export function hostsOfShare(
  { hosts, percent }: Share | undefined = {},
  all: number,
  usual: number = DEFAULT_PARALLEL,
): number {
  if (percent !== undefined) return Math.max(1, Math.floor((all * percent) / 100));
  return Math.max(1, hosts ?? usual);
}

export function parseOutput(text: string): OutputFormat {
  if (text === 'text' || text === 'json') return text;
  throw new InvalidArgumentError('it is text or json.');
}

function parseStage(text: string): Stage {
  const stage = DEPLOYED_STAGES.find((name) => name === text);
  if (stage === undefined) throw new InvalidArgumentError(`the stages are ${DEPLOYED_STAGES.join(', ')}.`);
  return stage;
}

function parseSsh(text: string): 'ssh2' | 'openssh' {
  if (text === 'ssh2' || text === 'openssh') return text;
  throw new InvalidArgumentError('it is ssh2 or openssh.');
}

function parseShare(text: string): Share {
  const match = /^(\d{1,5})(%?)$/.exec(text);
  const number = Number(match?.[1]);
  if (match === null || number < 1) throw new InvalidArgumentError('it is a number of hosts, or a part such as 15%.');
  if (match[2] === '') return { hosts: number };
  if (number > 100) throw new InvalidArgumentError('a part is at most 100%.');
  return { percent: number };
}

function parseCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('it is a number of hosts, 0 or more.');
  return Number(text);
}

function parseRevertAfter(text: string): number {
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (seconds < 5 || seconds > 600) throw new InvalidArgumentError('it is a number of seconds from 5 to 600.');
  return seconds;
}

/** Fails on what is not `sha256:` and 64 hexadecimal digits. Returns it in lower case. */
export function parseDigest(text: string): string {
  const digest = text.toLowerCase();
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  throw new InvalidArgumentError('it is sha256: and 64 hexadecimal digits, as konvoy bundle list prints it.');
}

function isHazardId(text: string): text is HazardId {
  return HAZARD_IDS.some((id) => id === text);
}

function parseAcceptance(text: string, previous: readonly Acceptance[]): readonly Acceptance[] {
  const at = text.indexOf('@');
  const id = at === -1 ? text : text.slice(0, at);
  if (!isHazardId(id)) throw new InvalidArgumentError(`there is no danger "${id}"; they are ${HAZARD_IDS.join(', ')}.`);
  return [...previous, { id, host: at === -1 ? undefined : text.slice(at + 1) }];
}

/** Adds the options of commands that read the cluster's files. */
export function addClusterOptions(command: Command): Command {
  return command
    .option('--config <file>', "the cluster's configuration", 'cluster.yaml')
    .option('--inventory <file>', 'the hosts, in the format of Ansible', 'inventory.yaml')
    .option('--output <format>', 'text or json', parseOutput, 'text')
    .option('--verbose', 'show each command on a host, long texts whole, and stack traces')
    .option('--no-color', 'no colours');
}

function parseUrl(text: string): string {
  if (/^https?:\/\/\S+$/.test(text)) return text;
  throw new InvalidArgumentError('it is a URL that begins with http:// or https://.');
}

function parseMirror(text: string): string {
  if (isDownloadMirror(text)) return text;
  throw new InvalidArgumentError(MIRROR_SHAPE);
}

/** Adds the options of commands that speak to a cloud. */
export function addCloudOptions(command: Command): Command {
  return addCloudPlaceOptions(addClusterOptions(command));
}

/** Adds the options that say where the cloud is, and who is asking. */
export function addCloudPlaceOptions(command: Command): Command {
  return command
    .option('--region <name>', 'the region (default: spec.aws.region)')
    .option('--profile <name>', 'the profile of AWS’s shared configuration that has the credentials')
    .option('--endpoint-url <url>', 'speak to this instead of AWS, for tests', parseUrl);
}

/** Adds the options of commands that speak to hosts. */
export function addHostOptions(command: Command): Command {
  return addClusterOptions(command)
    .option('--limit <host|pool>', 'only this host, or the hosts of this node pool')
    .option(
      '--max-parallel <hosts>',
      `hosts at once, a number or a part such as 15% (default: ${DEFAULT_PARALLEL}, workers in an upgrade: 1)`,
      parseShare,
    )
    .option('--ssh <client>', 'ssh2 (built in) or openssh (the one of the system)', parseSsh)
    .option('--accept-new-host-keys', 'remember the key of a host that is not in known_hosts yet')
    .option('--ask-become-pass', 'ask for the password of sudo')
    .option('--accept <hazard>', 'agree to a danger, as ID or ID@HOST; may be given again', parseAcceptance, []);
}

/** Adds the option of commands that may stop short of what the files want. `reset` has none: it takes all or nothing. */
export function addUntilOption(command: Command): Command {
  return command.option(
    '--until <stage>',
    `only what belongs to the stages up to this one: ${DEPLOYED_STAGES.join(', ')}`,
    parseStage,
  );
}

/** Adds the options of commands that take something from a bundle. */
export function addBundleOptions(command: Command): Command {
  return command
    .option('--bundle <dir>', 'the bundle with everything to install (or KONVOY_BUNDLE)')
    .option('--bundle-digest <sha256:…>', 'refuse a bundle whose bundle.json has another digest', parseDigest)
    .option(
      '--download-mirror <url>',
      'without a bundle: download from here, with the paths of the origins (or KONVOY_DOWNLOAD_MIRROR)',
      parseMirror,
    );
}

/** Adds the option of commands that may bring living nodes to another version. */
export function addUpgradeOption(command: Command): Command {
  return command.option('--upgrade', 'bring living nodes to the Kubernetes version of cluster.yaml, host by host');
}

/** Dangers that the options agree to. */
export function acceptedBy({ accept, upgrade }: HostOptions): readonly Acceptance[] {
  return upgrade === undefined ? accept : [...accept, { id: 'upgrades-kubernetes', host: undefined }];
}

/** Adds the options of commands that write to hosts. */
export function addWriteOptions(command: Command): Command {
  return addBundleOptions(addHostOptions(command))
    .option('--yes', 'do not ask')
    .option(
      '--max-failures <hosts>',
      'stop once more hosts than this have failed',
      parseCount,
      Number.POSITIVE_INFINITY,
    )
    .option(
      '--revert-after <seconds>',
      'when a host takes a firewall change back that was not confirmed, 5 to 600',
      parseRevertAfter,
      60,
    )
    .option('--without-snapshot', 'take no snapshot of etcd before control planes are taken away or upgraded');
}
