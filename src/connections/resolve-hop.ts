import { isAbsolute, join, resolve } from 'node:path';
import type { SshHop } from '../core/ssh-settings.ts';
import { knownHostsName } from './known-hosts.ts';
import type { ClientOptions, SshClientConfig } from './ssh-client-config.ts';

/** Everything that is needed to dial one machine, from the inventory, its SSH options, ssh_config and defaults. */
export interface ResolvedHop {
  /** What the inventory, or a jump, calls it. */
  readonly name: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** Absolute paths, in the order in which they are tried. */
  readonly identityFiles: readonly IdentityFile[];
  /** Only keys of these files, also out of the agent. */
  readonly identitiesOnly: boolean;
  readonly certificateFiles: readonly string[];
  /** The agent's socket; undefined where there is none. */
  readonly agentSocket: string | undefined;
  /** The user's files; new keys go into the first one. */
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  readonly knownHostsName: string;
  readonly strictHostKeyChecking: 'yes' | 'accept-new' | 'no';
  readonly proxyCommand: string | undefined;
  /** Further machines on the way, as `ProxyJump` names them, outermost first. */
  readonly jumps: readonly SshHop[];
}

export interface IdentityFile {
  readonly path: string;
  /** From the inventory: it must be readable. Others that are missing are passed over, as OpenSSH does. */
  readonly required: boolean;
}

/** The machine and the person that SSH is used from. */
export interface SshEnvironment {
  readonly homeFolder: string;
  readonly localUser: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config: SshClientConfig;
}

const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa', 'id_ecdsa_sk', 'id_ed25519_sk'];

/** Options that are about host keys hold for bastions, too; the others only for the last hop. */
const HOST_KEY_OPTIONS = ['stricthostkeychecking', 'userknownhostsfile', 'globalknownhostsfile'];

/** The part of a host's SSH options that also holds for the bastions on the way to it. */
export function bastionOptions(options: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => HOST_KEY_OPTIONS.includes(name)));
}

/** Puts the sources together; the inventory wins over its SSH options, those over ssh_config, that over defaults. */
export function resolveHop(
  hop: SshHop,
  options: Readonly<Record<string, string>>,
  environment: SshEnvironment,
): ResolvedHop {
  const user = hop.user ?? options.user;
  const client = environment.config.optionsFor(hop.connectTo, user);
  const given = (name: string): string | undefined => options[name] ?? client[name]?.[0];
  const hostName = (given('hostname') ?? hop.connectTo).replaceAll('%h', hop.connectTo).replaceAll('%%', '%');
  const port = hop.port ?? portOf(given('port')) ?? 22;
  const loginUser = user ?? client.user?.[0] ?? environment.localUser;
  const tokens: Record<string, string> = {
    h: hostName,
    n: hop.connectTo,
    p: String(port),
    r: loginUser,
    u: environment.localUser,
    d: environment.homeFolder,
    '%': '%',
  };
  const path = (text: string) => expandPath(text, tokens, environment);
  const paths = (name: string, fallback: readonly string[]): string[] => {
    const values = options[name] === undefined ? client[name] : options[name].split(/\s+/);
    const words = (values ?? fallback).flatMap((value) => value.split(/\s+/)).filter((word) => word !== '');
    return words.filter((word) => word.toLowerCase() !== 'none').map(path);
  };
  const alias = given('hostkeyalias');
  return {
    name: hop.connectTo,
    hostName,
    port,
    user: loginUser,
    identityFiles: identityFiles(hop, options, client, environment.homeFolder, path),
    identitiesOnly: isYes(given('identitiesonly')),
    certificateFiles: paths('certificatefile', []),
    agentSocket: agentSocket(given('identityagent'), environment, path),
    userKnownHostsFiles: paths('userknownhostsfile', ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']),
    globalKnownHostsFiles: paths('globalknownhostsfile', ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']),
    knownHostsName: alias === undefined ? knownHostsName(hostName, port) : alias.toLowerCase(),
    strictHostKeyChecking: strictness(given('stricthostkeychecking')),
    ...proxies(given('proxycommand'), given('proxyjump'), options),
  };
}

function identityFiles(
  hop: SshHop,
  options: Readonly<Record<string, string>>,
  client: ClientOptions,
  homeFolder: string,
  path: (text: string) => string,
): IdentityFile[] {
  const required = [hop.privateKeyFile, options.identityfile].flatMap((file) =>
    file === undefined || file === '' || file === 'none' ? [] : [{ path: path(file), required: true }],
  );
  const configured = (client.identityfile ?? [])
    .filter((file) => file !== 'none')
    .map((file) => ({ path: path(file), required: false }));
  const named = [...required, ...configured];
  if (named.length > 0 || client.identityfile !== undefined) return named;
  return DEFAULT_KEYS.map((name) => ({ path: join(homeFolder, '.ssh', name), required: false }));
}

function agentSocket(
  option: string | undefined,
  environment: SshEnvironment,
  path: (text: string) => string,
): string | undefined {
  if (option === 'none') return undefined;
  const fromEnvironment = environment.env.SSH_AUTH_SOCK;
  if (option === undefined || option === 'SSH_AUTH_SOCK') return fromEnvironment === '' ? undefined : fromEnvironment;
  if (option.startsWith('$')) return environment.env[option.replace(/^\$\{?|\}$/g, '')];
  return path(option);
}

/** An option on the command line decides over both words of ssh_config. */
function proxies(
  command: string | undefined,
  jump: string | undefined,
  options: Readonly<Record<string, string>>,
): { proxyCommand: string | undefined; jumps: SshHop[] } {
  const none = (text: string | undefined) => text === undefined || text.toLowerCase() === 'none';
  const jumpGiven = options.proxyjump !== undefined && options.proxycommand === undefined;
  if (!none(command) && !jumpGiven) return { proxyCommand: command, jumps: [] };
  if (jump === undefined || none(jump)) return { proxyCommand: undefined, jumps: [] };
  return { proxyCommand: undefined, jumps: jump.split(',').map(parseJump) };
}

/** `[user@]host[:port]` or `ssh://…`, as ProxyJump takes it. IPv6 addresses stand in brackets. */
export function parseJump(text: string): SshHop {
  const plain = text
    .trim()
    .replace(/^ssh:\/\//, '')
    .replace(/\/$/, '');
  const at = plain.lastIndexOf('@');
  const place = plain.slice(at + 1);
  const parts = /^\[(.*)\](?::(\d+))?$/.exec(place) ?? /^([^:]*)(?::(\d+))?$/.exec(place);
  const port = portOf(parts?.[2]);
  return {
    connectTo: parts?.[1] ?? place,
    ...(port === undefined ? {} : { port }),
    ...(at === -1 ? {} : { user: plain.slice(0, at) }),
  };
}

function portOf(text: string | undefined): number | undefined {
  const port = Number(text);
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? port : undefined;
}

function isYes(text: string | undefined): boolean {
  return text !== undefined && ['yes', 'true'].includes(text.toLowerCase());
}

/** `ask` cannot be asked here: it is `yes`. `off` is another word for `no`. */
function strictness(text: string | undefined): ResolvedHop['strictHostKeyChecking'] {
  const word = text?.toLowerCase();
  if (word === 'no' || word === 'off' || word === 'false') return 'no';
  return word === 'accept-new' ? 'accept-new' : 'yes';
}

function expandPath(text: string, tokens: Record<string, string>, environment: SshEnvironment): string {
  const expanded = text
    .replace(/^~(?=\/|$)/, environment.homeFolder)
    .replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) => environment.env[name] ?? whole)
    .replace(/%(.)/g, (whole, letter: string) => tokens[letter] ?? whole);
  return isAbsolute(expanded) ? expanded : resolve(expanded);
}
