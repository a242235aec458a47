import { isIPv4 } from 'node:net';
import { ask } from '../../core/fact.ts';
import { forwardsOf, noUpstream } from '../../components/verification/upstream.ts';
import { dnsAnswer } from '../../facts/dns-answer.ts';
import type { NetworkState } from '../../facts/network-state.ts';
import { podResolvConf } from '../../facts/pod-resolv-conf.ts';
import type { RunGiven } from './probe-run.ts';

/** A name that nobody has, and that no name server asks the internet for (RFC 6761, 6.4). New in each run, so in no cache. */
export function outsideNameOf(namespace: string): string {
  return `${namespace}.invalid`;
}

/** Why outside names are not asked for; undefined: an upstream answers the nodes on which CoreDNS runs. */
export async function findNoUpstream(
  { observer, hosts }: Pick<RunGiven, 'observer' | 'hosts'>,
  { corefile, pods }: NetworkState,
): Promise<string | undefined> {
  const forwards = forwardsOf(corefile);
  const nodes = [...new Set(pods.filter(({ app }) => app === 'kube-dns').map(({ node }) => node))].filter((node) =>
    hosts.includes(node),
  );
  if (nodes.length === 0) return 'no CoreDNS runs on a host that takes part';
  const listed = nodes.map((node) => ({ node, question: ask(podResolvConf, node, undefined) }));
  if (forwards.toNode) await observer.observe(listed.map(({ question }) => question));
  const asked = listed.flatMap(({ node, question }) => {
    const own = forwards.toNode ? observer.facts.get(question) : undefined;
    const named = own?.ok ? own.value.nameServers.filter((server) => isIPv4(server)) : [];
    const servers = [...forwards.servers, ...named.map((address) => ({ address, port: 53 }))];
    return servers.map(({ address, port }) => ({
      server: `${address}:${port}`,
      question: ask(dnsAnswer, node, { server: address, port, name: outsideNameOf('konvoy-verify') }),
    }));
  });
  await observer.observe(asked.map(({ question }) => question));
  const replies = asked.flatMap(({ server, question }) => {
    const answer = observer.facts.get(question);
    return answer.ok ? [{ server, answer: answer.value }] : [];
  });
  return noUpstream(forwards, replies);
}
