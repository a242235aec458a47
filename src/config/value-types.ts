import { z } from 'zod';
import { Secret, type Text } from '../core/secret.ts';
import { parseIpv4, parseNetwork } from './ipv4-range.ts';

/** What is wrong with a value: the sentence goes behind the path, as in "spec.x must be …". */
export interface ValueProblem {
  readonly message: string;
  readonly hint?: string;
  /** A diagnostic code; `invalid-value` where it says nothing. */
  readonly code?: string;
}

/** Adds a rule to a string type. The problem's code and hint reach the diagnostic. */
export function judged(judge: (value: string) => ValueProblem | undefined): z.ZodString {
  return z.string().check((context) => {
    const problem = judge(context.value);
    if (problem === undefined) return;
    const { message, hint, code } = problem;
    context.issues.push({ code: 'custom', message, params: { hint, code }, input: context.value });
  });
}

/** Text that must match a pattern as a whole. `must` ends the sentence "… must be". */
export function matching(pattern: RegExp, must: string): z.ZodString {
  return judged((value) => (pattern.test(value) ? undefined : { message: `must be ${must}` })).meta({
    pattern: pattern.source,
  });
}

const IPV6_REFUSED: ValueProblem = {
  code: 'ipv6-not-supported',
  message: 'is an IPv6 value: IPv6 and dual-stack are not supported yet',
  hint: 'write an IPv4 value',
};

/** Whether text is meant as IPv6, well-formed or not: two colons are in nothing else that we read. */
export function looksLikeIpv6(text: string): boolean {
  return (text.match(/:/g)?.length ?? 0) > 1;
}

/** An IPv4 network without host bits. */
export function ipv4Network(): z.ZodString {
  return judged((value) => {
    if (looksLikeIpv6(value)) return IPV6_REFUSED;
    const network = parseNetwork(value);
    if (network === undefined) return { message: 'must be an IPv4 network such as 192.168.0.0/16' };
    const hint = 'write the first address of the network';
    return network.aligned ? undefined : { message: `has address bits behind the prefix (${value})`, hint };
  }).meta({ pattern: '^[0-9]{1,3}(\\.[0-9]{1,3}){3}/[0-9]{1,2}$' });
}

/** An IPv4 address in its usual form. */
export function ipv4Address(): z.ZodString {
  return judged((value) => {
    if (looksLikeIpv6(value)) return IPV6_REFUSED;
    return parseIpv4(value) === undefined ? { message: 'must be an IPv4 address such as 10.0.50.20' } : undefined;
  }).meta({ pattern: '^[0-9]{1,3}(\\.[0-9]{1,3}){3}$' });
}

const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/** Whether text is a DNS name. Digits and dots alone are a mistyped address, never a name. */
export function isHostName(text: string): boolean {
  return HOST_NAME.test(text) && !/^[0-9.]+$/.test(text);
}

/** An IPv4 address or a DNS name. */
export function ipv4AddressOrHostName(): z.ZodString {
  return judged((value) => {
    if (looksLikeIpv6(value)) return IPV6_REFUSED;
    if (parseIpv4(value) !== undefined || isHostName(value)) return undefined;
    return { message: 'must be an IPv4 address or a DNS name' };
  });
}

/** `host:port`; the port may be missing (6443 with a warning), so it is only judged where it stands. */
export function endpoint(): z.ZodString {
  return judged((value) => {
    if (looksLikeIpv6(value)) return IPV6_REFUSED;
    const [host = '', port, ...more] = value.split(':');
    const hint = 'write host:port, for example 10.0.50.20:6443';
    if (more.length > 0 || (parseIpv4(host) === undefined && !isHostName(host))) {
      return { code: 'endpoint-invalid', message: 'must be an IPv4 address or a DNS name, a colon and a port', hint };
    }
    if (port === undefined || (/^[1-9][0-9]{0,4}$/.test(port) && Number(port) <= 65535)) return undefined;
    return { code: 'endpoint-invalid', message: `has the port ${JSON.stringify(port)}: it must be 1 to 65535`, hint };
  });
}

/** What stands between `://` and `@`, and the password in it. */
function credentialsOf(url: string): readonly string[] {
  const [, user = ''] = /^[a-z]+:\/\/([^/]*)@/i.exec(url) ?? [];
  const password = user.split(':').slice(1).join(':');
  return [user, password].filter((text) => text !== '');
}

/** `http://…` or `https://…`; a secret where it has a user and password in it. */
export function proxyUrl(schemes: readonly string[]) {
  return judged((value) => {
    // Known as secrets from now on, also where the address is refused.
    for (const text of credentialsOf(value)) new Secret(text);
    const pattern = new RegExp(`^(?:${schemes.join('|')})://[^\\s"'\`\\\\$]+$`);
    return pattern.test(value)
      ? undefined
      : { message: `must be a URL that starts with ${schemes.join(':// or ')}://` };
  }).transform((text): Text => (credentialsOf(text).length === 0 ? text : new Secret(text)));
}

/** A Kubernetes label value (also the name of a node pool). */
export function labelValue(): z.ZodString {
  return matching(
    /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/,
    'a Kubernetes label value: up to 63 letters, digits, ".", "_" and "-", a letter or digit at both ends',
  );
}

/** A Kubernetes label key, with or without a prefix. */
export function labelKey(): z.ZodString {
  return matching(
    /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
    'a Kubernetes label key such as dedicated or example.com/dedicated',
  );
}

/** A path on the deployer: anything but control characters. */
export function localPath(): z.ZodString {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  return matching(/^[^\u0000-\u001f\u007f]*$/, 'a path without control characters');
}

/** A user name as `useradd` takes it. */
export function userName(): z.ZodString {
  return matching(/^[A-Za-z_][A-Za-z0-9_.@\\-]{0,63}\$?$/, 'a user name');
}

/** One line of text without control characters. */
export function oneLine(): z.ZodString {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  return matching(/^[^\u0000-\u001f\u007f]*$/, 'one line without control characters');
}

/** Text that is never shown. */
export function secret(what: string) {
  return z
    .string()
    .transform((text) => new Secret(text))
    .meta({ writeOnly: true, description: what });
}

/** A DNS name without a dot at its end. */
export function hostName(): z.ZodString {
  return judged((value) => (isHostName(value) ? undefined : { message: 'must be a DNS name' }));
}

/** A name server: an IPv4 address, with a port where that is not 53. */
export function nameServer(): z.ZodString {
  return judged((value) => {
    if (looksLikeIpv6(value)) return IPV6_REFUSED;
    const [address = '', port] = value.split(':');
    const isPort = port === undefined || (/^[1-9][0-9]{0,4}$/.test(port) && Number(port) <= 65535);
    if (parseIpv4(address) !== undefined && isPort) return undefined;
    return { message: 'must be the IPv4 address of a name server, such as 10.0.50.1 or 10.0.50.1:5353' };
  });
}
