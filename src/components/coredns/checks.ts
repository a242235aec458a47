import { parseNetwork, printIpv4 } from '../../config/ipv4-range.ts';
import type { Check, Verdict } from '../../core/check.ts';
import { type Ask, ask, type FactView } from '../../core/fact.ts';
import { type ControlPlane, controlPlaneOf, type Topology } from '../../core/topology.ts';
import {
  askCluster,
  type ClusterState,
  livingCluster,
  readCluster,
  waitsForNetwork,
} from '../../facts/cluster-state.ts';
import { COREFILE_KEY, type CoreDnsState, coreDnsState, DNS_NAME, DNS_NAMESPACE } from '../../facts/coredns-state.ts';
import { type PodResolvConf, podResolvConf } from '../../facts/pod-resolv-conf.ts';
import { type ExpandedCorefile, expandCorefile } from './corefile/expand-corefile.ts';
import { parseCorefile } from './corefile/parse-corefile.ts';
import type { CorefileProblem, Read } from './corefile/syntax.ts';
import { type CorefileFinding, printFinding } from './finding.ts';
import { judgeListeners, judgeProbes } from './judge-listeners.ts';
import { judgePlugins } from './judge-plugins.ts';
import { type GivenNameServers, judgeUpstreams } from './judge-upstreams.ts';
import type { CoreDnsSection } from './section.ts';

/** Seconds that pods may take after a change: they wait for their network, then CoreDNS for the API. */
const POD_PATIENCE = 60;

/** The address of CoreDNS's Service: kubeadm takes the tenth of the Services'. */
export function dnsServiceAddress({ serviceSubnet }: Topology): string {
  return printIpv4((parseNetwork(serviceSubnet)?.first ?? 0) + 10);
}

/** Reads a Corefile as the CoreDNS of a Deployment does. */
export function readCorefile(text: string, { variables }: Pick<CoreDnsState, 'variables'>): Read<ExpandedCorefile> {
  const parsed = parseCorefile(text);
  return parsed.ok ? expandCorefile(parsed.value, variables) : parsed;
}

/** The question about CoreDNS, at the host whose API server answers. Nothing is asked where there is no cluster. */
function askCoreDns(controlPlane: ControlPlane, facts: FactView): readonly Ask<CoreDnsState | undefined>[] {
  const cluster = livingCluster(controlPlane, facts);
  if (cluster === undefined) return [];
  return [ask(coreDnsState, cluster.at, { address: cluster.at, port: controlPlane.port })];
}

/** What a check of CoreDNS is judged by. */
interface Known {
  readonly dns: CoreDnsState;
  readonly cluster: ClusterState;
}

function withCoreDns(controlPlane: ControlPlane, facts: FactView, judge: (known: Known) => Verdict): Verdict {
  const cluster = readCluster(controlPlane, facts);
  const [question] = askCoreDns(controlPlane, facts);
  if (cluster.is !== 'living' || question === undefined) {
    return { is: 'unknown', why: cluster.is === 'unknown' ? cluster.why : 'there is no cluster' };
  }
  const answer = facts.get(question);
  if (!answer.ok) return { is: 'unknown', why: answer.why };
  if (answer.value === undefined) return { is: 'unknown', why: 'there is no cluster' };
  return judge({ dns: answer.value, cluster: cluster.state });
}

function verdictOf(findings: readonly CorefileFinding[], good?: string): Verdict {
  if (findings.length === 0) return good === undefined ? { is: 'pass' } : { is: 'pass', summary: good };
  const failing = findings.filter(({ severity }) => severity === 'fail');
  return {
    is: failing.length > 0 ? 'fail' : 'warn',
    summary: findings.map(printFinding).join('\n  '),
    hint: [...new Set(findings.map(({ hint }) => hint))].join('; '),
  };
}

const EDIT = `kubectl --namespace=${DNS_NAMESPACE} edit configmap ${DNS_NAME}`;

/** Judges the text; without one, and for one that cannot be read, `otherwise` says what is the matter. */
function withCorefile(
  { dns }: Known,
  otherwise: (problem: CorefileProblem | undefined) => Verdict,
  judge: (corefile: ExpandedCorefile) => Verdict,
): Verdict {
  const read = dns.corefile === undefined ? undefined : readCorefile(dns.corefile, dns);
  return read?.ok ? judge(read.value) : otherwise(read?.problem);
}

function missing({ dns }: Known): Verdict {
  return {
    is: dns.deployment === undefined ? 'warn' : 'fail',
    summary: `there is no ConfigMap ${DNS_NAME} with a ${COREFILE_KEY} in ${DNS_NAMESPACE}`,
    hint: 'kubeadm init phase addon coredns makes it, on a control plane',
  };
}

function unreadable(problem: CorefileProblem): Verdict {
  const hint = `${EDIT}: pods that start anew do not come up with it`;
  return { is: 'fail', summary: printFinding(problem), hint };
}

function corefileCheck(controlPlane: ControlPlane): Check {
  return {
    id: 'corefile',
    phase: 'kubernetes',
    title: 'the Corefile suits this CoreDNS and what the kubelet asks of it',
    asks: askCluster(controlPlane),
    asksMore: (facts) => askCoreDns(controlPlane, facts),
    judge: (facts) =>
      withCoreDns(controlPlane, facts, (known) =>
        withCorefile(
          known,
          (problem) => (problem === undefined ? missing(known) : unreadable(problem)),
          (corefile) => {
            const { release, livenessProbe, readinessProbe } = known.dns;
            const findings = [
              ...judgePlugins(corefile, release),
              ...judgeProbes(corefile, { liveness: livenessProbe, readiness: readinessProbe }),
              ...judgeListeners(corefile),
            ];
            return verdictOf(findings, release === undefined ? 'CoreDNS of an unknown release' : `CoreDNS ${release}`);
          },
        ),
      ),
  };
}

/** The name servers that pods of CoreDNS are given, by whom. Hosts that do not tell are left out. */
function givenNameServers({ dnsPolicy }: CoreDnsState, topology: Topology, facts: FactView): GivenNameServers {
  if (dnsPolicy === 'ClusterFirst') {
    return new Map([
      [`dnsPolicy ${dnsPolicy}`, { path: '/etc/resolv.conf', nameServers: [dnsServiceAddress(topology)] }],
    ]);
  }
  if (dnsPolicy !== 'Default') return new Map();
  return new Map(
    askResolvers(topology).flatMap((question) => {
      const answer = facts.get(question);
      return answer.ok ? [[question.host, answer.value] as const] : [];
    }),
  );
}

function askResolvers({ hosts }: Topology): readonly Ask<PodResolvConf>[] {
  return hosts.map(({ address }) => ask(podResolvConf, address, undefined));
}

/** While pods have no network nobody is asked for names anyway: what will be wrong is no failure yet. */
function whileWaiting(verdict: Verdict, { cluster }: Known): Verdict {
  if (verdict.is !== 'fail' || !cluster.nodes.every(waitsForNetwork)) return verdict;
  return { ...verdict, is: 'warn' };
}

function upstreamsCheck(controlPlane: ControlPlane, topology: Topology): Check {
  return {
    id: 'dns-upstreams',
    phase: 'kubernetes',
    title: 'CoreDNS passes questions on to others than itself',
    asks: askCluster(controlPlane),
    asksMore(facts) {
      const question = askCoreDns(controlPlane, facts);
      return question.length === 0 ? [] : [...question, ...askResolvers(topology)];
    },
    judge: (facts) =>
      withCoreDns(controlPlane, facts, (known) =>
        withCorefile(
          known,
          () => ({ is: 'pass', summary: 'there is no Corefile to judge' }),
          (corefile) => {
            const given = givenNameServers(known.dns, topology, facts);
            const findings = judgeUpstreams(corefile, given, dnsServiceAddress(topology));
            return whileWaiting(verdictOf(findings), known);
          },
        ),
      ),
  };
}

function readyCheck(controlPlane: ControlPlane): Check {
  return {
    id: 'coredns-ready',
    phase: 'kubernetes',
    title: 'pods of CoreDNS are ready',
    asks: askCluster(controlPlane),
    asksMore: (facts) => askCoreDns(controlPlane, facts),
    patience: POD_PATIENCE,
    judge: (facts) =>
      withCoreDns(controlPlane, facts, (known) => {
        const { deployment, wanted, available } = known.dns;
        if (deployment === undefined) {
          return {
            is: 'warn',
            summary: `there is no Deployment ${DNS_NAME} in ${DNS_NAMESPACE}: who answers for names?`,
          };
        }
        const summary = `${available} of ${wanted}`;
        if (available >= wanted && wanted > 0) return { is: 'pass', summary };
        if (wanted === 0) return { is: 'warn', summary: 'it is scaled down to none', hint: 'names do not resolve' };
        if (known.cluster.nodes.every(waitsForNetwork)) {
          const hint = 'they come up with the stage container-networking, or with a CNI of your own';
          return { is: 'warn', summary: `${summary}: there is no container networking yet`, hint };
        }
        const hint = `kubectl --namespace=${DNS_NAMESPACE} logs deployment/${DNS_NAME} --previous says why`;
        return { is: available > 0 ? 'warn' : 'fail', summary, hint };
      }),
  };
}

/** Whether names can be resolved, as far as CoreDNS and its Corefile go. */
export function checks(section: CoreDnsSection | undefined, topology: Topology): readonly Check[] {
  if (section === undefined) return [];
  const controlPlane = controlPlaneOf(topology);
  return [corefileCheck(controlPlane), upstreamsCheck(controlPlane, topology), readyCheck(controlPlane)];
}
