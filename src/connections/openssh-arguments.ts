import type { SshHop, SshSettings } from '../core/ssh-settings.ts';
import { bastionOptions } from './resolve-hop.ts';
import { quoteArgv } from '../core/shell-quote.ts';
import { skipsHostKeys } from './skips-host-keys.ts';

/** What all `ssh` processes of a run share. */
export interface OpensshOptions {
  readonly acceptNewHostKeys: boolean;
  readonly skipHostKeys: boolean;
  readonly connectTimeoutMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Options that konvoy sets itself, or that must not come from an inventory. */
const NOT_PASSED_ON = new Set([
  'stricthostkeychecking',
  'controlmaster',
  'controlpath',
  'controlpersist',
  'batchmode',
  'requesttty',
  'forwardagent',
  'remotecommand',
  'loglevel',
]);

/**
 * The arguments of `ssh` for one host, without the command. The user's own ssh_config serves, but never his terminal, his
 * agent on the host, or a control socket of his.
 */
export function opensshArguments(
  settings: SshSettings,
  bastion: SshHop | undefined,
  options: OpensshOptions,
  control: readonly string[],
): string[] {
  const proxy = bastion === undefined ? [] : ['-o', `ProxyCommand=${proxyCommand(bastion, settings, options)}`];
  return [
    ...control,
    ...commonOptions(settings, options),
    ...proxy,
    ...passedOn(settings.options, bastion !== undefined),
    ...hopArguments(settings),
    '-T',
    '--',
    settings.connectTo,
  ];
}

function commonOptions(settings: SshSettings, options: OpensshOptions): string[] {
  const skip = options.skipHostKeys && skipsHostKeys(settings);
  const words = [
    'BatchMode=yes',
    'ForwardAgent=no',
    'ForwardX11=no',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'LogLevel=ERROR',
    'ServerAliveInterval=10',
    'ServerAliveCountMax=3',
    `ConnectTimeout=${Math.max(1, Math.ceil(options.connectTimeoutMs / 1000))}`,
    `StrictHostKeyChecking=${skip ? 'no' : options.acceptNewHostKeys ? 'accept-new' : 'yes'}`,
  ];
  // Without a file to compare with, a changed key would still refuse some ways to log in.
  if (skip) words.push('UserKnownHostsFile=/dev/null', 'GlobalKnownHostsFile=/dev/null');
  return words.flatMap((word) => ['-o', word]);
}

function hopArguments(hop: SshHop): string[] {
  return [
    ...(hop.port === undefined ? [] : ['-p', String(hop.port)]),
    ...(hop.user === undefined ? [] : ['-l', hop.user]),
    ...(hop.privateKeyFile === undefined ? [] : ['-i', hop.privateKeyFile]),
  ];
}

function passedOn(options: Readonly<Record<string, string>>, throughBastion: boolean): string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    NOT_PASSED_ON.has(name) || (throughBastion && name.startsWith('proxy')) ? [] : ['-o', `${name}=${value}`],
  );
}

/** `ssh -W` instead of `-J`, so that key, port and checks of the bastion are ours, too. Percent signs stand for themselves. */
function proxyCommand(bastion: SshHop, settings: SshSettings, options: OpensshOptions): string {
  const words = [
    'ssh',
    '-o',
    'ControlMaster=no',
    '-o',
    'ControlPath=none',
    ...commonOptions(settings, options),
    ...passedOn(bastionOptions(settings.options), false),
    ...hopArguments(bastion),
  ];
  return `${quoteArgv(words).replaceAll('%', '%%')} -W '[%h]:%p' -- ${quoteArgv([bastion.connectTo])}`;
}
