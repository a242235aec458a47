import type { Check } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import {
  type Encapsulation,
  type Topology,
  type TopologyHost,
  type TunnelType,
  tunnelOf,
} from '../../core/topology.ts';
import { CNI_CONFIG_FOLDER, cniConfigs } from '../../facts/cni-configs.ts';
import { interfaceWith, ipAddress } from '../../facts/ip-address.ts';
import { kernelSetting } from '../../facts/kernel-setting.ts';
import { tunnelSupport } from '../../facts/tunnel-support.ts';
import { podMtu } from './encapsulation.ts';
import { podSubnetCheck } from './pod-subnet-check.ts';
import type { CalicoSection } from './section.ts';

function tunnelCheck({ address }: TopologyHost, type: TunnelType): Check {
  const support = ask(tunnelSupport, address, { type });
  return {
    id: `tunnel-${type}@${address}`,
    phase: 'preflight',
    title: `${address}: the kernel makes links of type ${type}`,
    asks: [support],
    judge(facts) {
      const answer = facts.get(support);
      if (!answer.ok) return { is: 'unknown', why: answer.why };
      if (answer.value) return { is: 'pass' };
      const hint = `load its module, or choose another value for spec.containerNetworking.calico.encapsulation`;
      return { is: 'fail', summary: `a link of type ${type} cannot be made`, hint };
    },
  };
}

/** Links of interfaces that other networks of pods leave behind; they route the same addresses. */
const FOREIGN_LINKS = /^(flannel\.\d+|cni\d+|cilium_\w+|weave|kube-router|kube-bridge|antrea-gw\d+)$/;
/** The file that Calico writes. */
const OWN_CONFIG = '10-calico.conflist';

function otherNetworksCheck({ address }: TopologyHost): Check {
  const configs = ask(cniConfigs, address, undefined);
  const links = ask(ipAddress, address, undefined);
  return {
    id: `other-networks@${address}`,
    phase: 'preflight',
    title: `${address}: no other network of pods is in the way`,
    asks: [configs, links],
    judge(facts) {
      const [files, interfaces] = [facts.get(configs), facts.get(links)];
      if (!files.ok) return { is: 'unknown', why: files.why };
      if (!interfaces.ok) return { is: 'unknown', why: interfaces.why };
      // containerd takes the first file by name, so one behind Calico's does nothing.
      const before = files.value.filter((name) => name < OWN_CONFIG).map((name) => `${CNI_CONFIG_FOLDER}/${name}`);
      const foreign = interfaces.value.map(({ name }) => name).filter((name) => FOREIGN_LINKS.test(name));
      if (before.length + foreign.length === 0) return { is: 'pass' };
      const hint =
        'take that network away (its DaemonSet, its files, its links), or keep it and leave this stage out with --until kubernetes';
      return { is: 'fail', summary: `found ${[...before, ...foreign].join(', ')}`, hint };
    },
  };
}

/** Felix ends where the kernel filters loosely by source address: pods could then send under other addresses. */
function sourceFilterCheck({ address }: TopologyHost): Check {
  const filter = ask(kernelSetting, address, { name: 'net.ipv4.conf.all.rp_filter' });
  return {
    id: `source-filter@${address}`,
    phase: 'preflight',
    title: `${address}: the kernel’s filter of source addresses suits Calico`,
    asks: [filter],
    judge(facts) {
      const answer = facts.get(filter);
      if (!answer.ok) return { is: 'unknown', why: answer.why };
      if (answer.value !== '2') return { is: 'pass' };
      return {
        is: 'fail',
        summary: 'net.ipv4.conf.all.rp_filter is 2 (loose)',
        hint: 'set it to 0 or 1 in /etc/sysctl.d, and sysctl --system',
      };
    },
  };
}

function mtuCheck({ address }: TopologyHost, mtu: number, encapsulation: Encapsulation): Check {
  const links = ask(ipAddress, address, undefined);
  return {
    id: `pod-mtu@${address}`,
    phase: 'preflight',
    title: `${address}: its link carries packets of ${mtu} bytes from pods`,
    asks: [links],
    judge(facts) {
      const answer = facts.get(links);
      if (!answer.ok) return { is: 'unknown', why: answer.why };
      const link = interfaceWith(answer.value, address);
      if (link === undefined) return { is: 'unknown', why: `no interface has ${address}` };
      const most = podMtu(encapsulation, link.mtu);
      if (mtu <= most) return { is: 'pass' };
      return {
        is: 'fail',
        summary: `${link.name} has ${link.mtu} bytes, which leaves pods ${most} with ${encapsulation}`,
        hint: 'write at most that into spec.containerNetworking.calico.mtu, or leave it out',
      };
    },
  };
}

/** What every host must be able to do before Calico comes. */
export function preflightChecks(section: CalicoSection, topology: Topology): readonly Check[] {
  const { encapsulation } = topology;
  const tunnel = tunnelOf(encapsulation);
  const { mtu } = section;
  return topology.hosts.flatMap((host) => [
    ...(tunnel === undefined ? [] : [tunnelCheck(host, tunnel)]),
    ...(mtu === undefined ? [] : [mtuCheck(host, mtu, encapsulation)]),
    otherNetworksCheck(host),
    podSubnetCheck(host, topology.podSubnet),
    sourceFilterCheck(host),
  ]);
}
