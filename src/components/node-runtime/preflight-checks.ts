import { parseNetwork, printIpv4 } from '../../config/ipv4-range.ts';
import type { Check, Verdict } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import type { Role, Topology, TopologyHost } from '../../core/topology.ts';
import { cpuMemory } from '../../facts/cpu-memory.ts';
import { diskFree } from '../../facts/disk-free.ts';
import { fileStat } from '../../facts/file-stat.ts';
import { ipRoute } from '../../facts/ip-route.ts';

/** kubeadm's own minima (cmd/kubeadm/app/constants: ControlPlaneNumCPU, ControlPlaneMem in MiB); it asks none of workers. */
const LEAST: Readonly<Record<Role, { readonly cpus: number; readonly memoryMiB: number }>> = {
  'control-plane': { cpus: 2, memoryMiB: 1700 },
  worker: { cpus: 1, memoryMiB: 0 },
};

/** Room for unpacked images, in GiB. */
const IMAGES_GIB: Readonly<Record<Role, number>> = { 'control-plane': 2, worker: 1 };

const GIB = 1024 ** 3;

/** Where the kubelet begins to delete images by default (KubeletConfiguration, imageGCHighThresholdPercent). */
const FULL_PERCENT = 85;

function sizeCheck({ address, role }: TopologyHost): Check {
  const size = ask(cpuMemory, address, undefined);
  const least = LEAST[role];
  return {
    id: `size@${address}`,
    phase: 'preflight',
    title: `${address}: enough processors and memory for a ${role} host`,
    asks: [size],
    judge(facts) {
      const answer = facts.get(size);
      if (!answer.ok) return { is: 'unknown', why: answer.why };
      const { cpus, memoryMiB } = answer.value;
      const missing: string[] = [];
      if (cpus < least.cpus) missing.push(`${cpus} CPU, and Kubernetes needs ${least.cpus}`);
      if (memoryMiB < least.memoryMiB) missing.push(`${memoryMiB} MiB of memory, and needs ${least.memoryMiB}`);
      if (missing.length === 0) return { is: 'pass', summary: `${cpus} CPU, ${memoryMiB} MiB` };
      return { is: 'fail', summary: `the host has ${missing.join('; ')}`, hint: `give it more, or make it no ${role}` };
    },
  };
}

/** A host that is a member of a cluster has its images: there, little space is only a warning. */
function imageSpaceCheck({ address, role }: TopologyHost): Check {
  const images = ask(diskFree, address, { path: '/var/lib/containerd' });
  const above = ask(diskFree, address, { path: '/var/lib' });
  const member = ask(fileStat, address, { path: '/etc/kubernetes/kubelet.conf' });
  return {
    id: `image-space@${address}`,
    phase: 'preflight',
    title: `${address}: room for the images of Kubernetes`,
    asks: [images, above, member],
    judge(facts): Verdict {
      const own = facts.get(images);
      const parent = facts.get(above);
      const joined = facts.get(member);
      if (!own.ok) return { is: 'unknown', why: own.why };
      if (!parent.ok) return { is: 'unknown', why: parent.why };
      if (!joined.ok) return { is: 'unknown', why: joined.why };
      const disk = own.value ?? parent.value;
      if (disk === undefined) return { is: 'fail', summary: 'there is no /var/lib', hint: 'is this a whole system?' };
      const free = `${(disk.free / GIB).toFixed(1)} GiB free on ${disk.mount}`;
      if (disk.free >= IMAGES_GIB[role] * GIB) return { is: 'pass', summary: free };
      const summary = `${free}; the images of a ${role} host take about ${IMAGES_GIB[role]} GiB`;
      const hint = 'make room, or give /var/lib/containerd a disk of its own';
      return { is: joined.value === undefined ? 'fail' : 'warn', summary, hint };
    },
  };
}

function rootDiskCheck({ address }: TopologyHost): Check {
  const root = ask(diskFree, address, { path: '/' });
  return {
    id: `root-disk@${address}`,
    phase: 'preflight',
    title: `${address}: less than ${FULL_PERCENT} % of the root disk is used`,
    asks: [root],
    judge(facts) {
      const answer = facts.get(root);
      if (!answer.ok) return { is: 'unknown', why: answer.why };
      const percent = answer.value?.usedPercent ?? 0;
      if (percent < FULL_PERCENT) return { is: 'pass', summary: `${percent} %` };
      const hint = 'make room: the kubelet deletes images and evicts pods when the disk gets full';
      return { is: 'warn', summary: `${percent} % of the root disk is used`, hint };
    },
  };
}

/** kube-proxy rewrites packets to a Service only after the host has chosen a way for them: without one there are none. */
function serviceRouteCheck({ address }: TopologyHost, first: string): Check {
  const route = ask(ipRoute, address, { to: first });
  return {
    id: `service-route@${address}`,
    phase: 'preflight',
    title: `${address}: a route leads towards the addresses of Services`,
    asks: [route],
    judge(facts) {
      const answer = facts.get(route);
      if (!answer.ok) return { is: 'unknown', why: answer.why };
      if (answer.value !== undefined) return { is: 'pass', summary: answer.value.interface };
      return {
        is: 'fail',
        summary: `the host has no route to ${first}, so its programs and the kubelet could not reach Services`,
        hint: 'give it a default route: `ip route add default via ROUTER`, and make it last over a reboot; it need not lead to the internet',
      };
    },
  };
}

/** What hosts need before a container runtime and Kubernetes are put on them. */
export function preflightChecks(hosts: readonly TopologyHost[], topology: Topology): readonly Check[] {
  const services = parseNetwork(topology.serviceSubnet);
  return hosts.flatMap((host) => [
    sizeCheck(host),
    imageSpaceCheck(host),
    rootDiskCheck(host),
    ...(services === undefined ? [] : [serviceRouteCheck(host, printIpv4(services.first + 1))]),
  ]);
}
