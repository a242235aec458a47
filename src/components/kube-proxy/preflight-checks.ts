import type { Check, Verdict } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import type { Topology } from '../../core/topology.ts';
import { type DemandingProxyMode, type ProxyModeSupport, proxyModeSupport } from '../../facts/proxy-mode-support.ts';
import type { KubeProxySection } from './section.ts';

/** kube-proxy ends on older kernels (pkg/util/kernel, NFTablesKubeProxyKernelVersion). */
const NFTABLES_KERNEL = [5, 13] as const;

function isOldKernel(release: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return major < NFTABLES_KERNEL[0] || (major === NFTABLES_KERNEL[0] && minor < NFTABLES_KERNEL[1]);
}

function judge(support: ProxyModeSupport, mode: DemandingProxyMode): Verdict {
  const hint = 'load its modules, or choose another value for spec.kubernetes.networking.kubeProxy.mode';
  switch (support.is) {
    case 'yes':
      return { is: 'pass' };
    case 'no':
      return { is: 'fail', summary: `${mode} was tried and does not work: ${support.why}`, hint };
    case 'untried':
      if (isOldKernel(support.kernel)) {
        const wanted = NFTABLES_KERNEL.join('.');
        return { is: 'fail', summary: `the kernel is ${support.kernel}, kube-proxy wants ${wanted} or newer`, hint };
      }
      return {
        is: 'warn',
        summary: `the host has no nft to try it with; its kernel ${support.kernel} is new enough`,
        hint: 'kube-proxy brings its own nft; install the package nftables to be sure beforehand',
      };
  }
}

/** Whether every host can do the mode of kube-proxy. iptables is what every cluster needs anyway. */
export function preflightChecks({ mode }: KubeProxySection, { hosts }: Topology): readonly Check[] {
  if (mode === 'iptables') return [];
  return hosts.map(({ address }): Check => {
    const support = ask(proxyModeSupport, address, { mode });
    return {
      id: `proxy-mode-${mode}@${address}`,
      phase: 'preflight',
      title: `${address}: the kernel can do what kube-proxy does in mode ${mode}`,
      asks: [support],
      judge(facts) {
        const answer = facts.get(support);
        return answer.ok ? judge(answer.value, mode) : { is: 'unknown', why: answer.why };
      },
    };
  });
}
