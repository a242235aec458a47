import type { PodResolvConf } from '../../facts/pod-resolv-conf.ts';
import type { ExpandedCorefile } from './corefile/expand-corefile.ts';
import type { ServerBlock, Word } from './corefile/syntax.ts';
import { type CorefileFinding, findingAt } from './finding.ts';

/** A question that CoreDNS passes on, and where to. */
interface Upstream {
  readonly block: ServerBlock;
  readonly word: Word;
}

/** Where pods find the name servers that they were given. */
const RESOLV_CONF = '/etc/resolv.conf';

const PASSES_ON: readonly string[] = ['forward', 'proxy'];

/** Where questions are passed on to. */
function upstreamsOf({ blocks }: ExpandedCorefile): readonly Upstream[] {
  return blocks.flatMap((block) =>
    block.body.statements
      .filter(({ words: [name] }) => PASSES_ON.includes(name.text))
      .flatMap(({ words: [, , ...targets] }) => targets.map((word) => ({ block, word }))),
  );
}

/** Whether an address is a pod's own. */
function isLoopback(address: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(address) || address === '::1';
}

/** A target without its scheme; what has a port of its own is somebody else, also at an address of CoreDNS. */
function addressOf(target: string): string {
  return target
    .replace(/^[a-z]+:\/\//, '')
    .replace(/^(.*\..*|\[.*\]):53$/, '$1')
    .replace(/^\[(.*)\]$/, '$1');
}

function endOf({ body }: ServerBlock): string {
  const hasLoop = body.statements.some(({ words: [name] }) => name.text === 'loop');
  return hasLoop ? 'the plugin loop ends CoreDNS for that' : 'every question goes round for ever';
}

const NO_STUB =
  'let the kubelet name the file with the real name servers (resolvConf: /run/systemd/resolve/resolv.conf where systemd-resolved runs), or write their addresses behind forward';

/** Name servers that a host gives to pods, and that no pod can ask. */
function judgeHost(
  host: string,
  { path, nameServers }: PodResolvConf,
  { block, word }: Upstream,
  own: string,
): readonly CorefileFinding[] {
  if (nameServers.length === 0) {
    const message = `${host}: ${path} names no name server, and CoreDNS does not start without one`;
    return [findingAt(word, 'fail', message, `write nameserver ADDRESS into ${path}, or addresses behind forward`)];
  }
  return nameServers.flatMap((address): CorefileFinding[] => {
    if (isLoopback(address)) {
      const message = `${host}: ${path} names ${address}, which in a pod is the pod itself: ${endOf(block)}`;
      return [findingAt(word, 'fail', message, NO_STUB)];
    }
    if (address !== own) return [];
    const message = `${host}: ${path} names ${address}, which is CoreDNS itself: ${endOf(block)}`;
    return [findingAt(word, 'fail', message, NO_STUB)];
  });
}

/** The name servers that pods are given, by host. */
export type GivenNameServers = ReadonlyMap<string, PodResolvConf>;

/** Questions that come back to CoreDNS, or go nowhere. `own` is the address of its Service. */
export function judgeUpstreams(
  corefile: ExpandedCorefile,
  given: GivenNameServers,
  own: string,
): readonly CorefileFinding[] {
  return upstreamsOf(corefile).flatMap((upstream): readonly CorefileFinding[] => {
    const { word, block } = upstream;
    if (word.text === RESOLV_CONF) {
      return [...given].flatMap(([host, file]) => judgeHost(host, file, upstream, own));
    }
    const address = addressOf(word.text);
    if (!isLoopback(address) && address !== own) return [];
    const message = `questions go to ${word.text}, which is CoreDNS itself: ${endOf(block)}`;
    return [findingAt(word, 'fail', message, 'write the address of a name server outside of the cluster')];
  });
}
