import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type SSHConfig from 'ssh-config';

/** What the user's and the system's ssh_config say about one host; option names in lower case. */
export type ClientOptions = Readonly<Record<string, readonly string[]>>;

/** The configuration files of the OpenSSH client on this machine. */
export interface SshClientConfig {
  /** The first value wins, as with OpenSSH; `identityfile` gathers all. */
  optionsFor(host: string, user: string | undefined): ClientOptions;
}

/** `Include` may nest; OpenSSH stops at 16. */
const INCLUDE_DEPTH = 16;

/**
 * Reads `~/.ssh/config` and `/etc/ssh/ssh_config` where they exist. A file that cannot be parsed throws with its name.
 * The parser is loaded only where there is a file.
 */
export async function readSshClientConfig(
  homeFolder: string,
  systemFile = '/etc/ssh/ssh_config',
): Promise<SshClientConfig> {
  const texts = [
    readWithIncludes(join(homeFolder, '.ssh/config'), join(homeFolder, '.ssh'), homeFolder, 0),
    readWithIncludes(systemFile, dirname(systemFile), homeFolder, 0),
  ].filter((text) => text.trim() !== '');
  if (texts.length === 0) return { optionsFor: () => ({}) };
  const { default: Parser } = await import('ssh-config');
  const configs = texts.map((text) => Parser.parse(text));
  return { optionsFor: (host, user) => mergeOptions(configs.map((config) => computeOptions(config, host, user))) };
}

function computeOptions(config: SSHConfig, host: string, user: string | undefined): Record<string, string[]> {
  const computed = config.compute(user === undefined ? { Host: host } : { Host: host, User: user }, {
    ignoreCase: true,
  });
  const options: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(computed)) {
    options[name.toLowerCase()] = typeof value === 'string' ? [value] : value;
  }
  return options;
}

/** The first file that says something about an option decides; identity files add up. */
function mergeOptions(all: readonly Record<string, string[]>[]): ClientOptions {
  const merged: Record<string, readonly string[]> = {};
  for (const options of all) {
    for (const [name, values] of Object.entries(options)) {
      if (name === 'identityfile' || name === 'certificatefile') merged[name] = [...(merged[name] ?? []), ...values];
      else merged[name] ??= values;
    }
  }
  return merged;
}

/** The text of a file with what it includes put in place; empty where there is no file. The parser knows no Include. */
function readWithIncludes(file: string, relativeTo: string, homeFolder: string, depth: number): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return '';
  }
  return text.replace(/^[ \t]*Include[ \t=]+(.*)$/gim, (_line, patterns: string) => {
    if (depth >= INCLUDE_DEPTH) return '';
    return patterns
      .trim()
      .split(/\s+/)
      .map((pattern) => pattern.replace(/^"(.*)"$/, '$1').replace(/^~(?=\/)/, homeFolder))
      .map((pattern) => (isAbsolute(pattern) ? pattern : join(relativeTo, pattern)))
      .flatMap(expandLastPart)
      .map((included) => readWithIncludes(included, relativeTo, homeFolder, depth + 1))
      .join('\n');
  });
}

/** Wildcards are followed in the last part of a path only, where people write them (`conf.d/*`). */
function expandLastPart(pattern: string): string[] {
  const name = basename(pattern);
  if (!/[*?]/.test(name)) return [pattern];
  const source = name.replace(/[.+^${}()|[\]\\*?]/g, (sign) =>
    sign === '*' ? '.*' : sign === '?' ? '.' : `\\${sign}`,
  );
  try {
    return readdirSync(dirname(pattern))
      .filter((entry) => new RegExp(`^${source}$`).test(entry) && !entry.startsWith('.'))
      .sort()
      .map((entry) => join(dirname(pattern), entry));
  } catch {
    return [];
  }
}
