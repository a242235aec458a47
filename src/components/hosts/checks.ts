import type { Check, Verdict } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import type { Topology, TopologyHost } from '../../core/topology.ts';
import { fileStat } from '../../facts/file-stat.ts';
import { interfaceWith, ipAddress } from '../../facts/ip-address.ts';
import { machineIdentity } from '../../facts/machine-identity.ts';
import { missingCommands } from '../../facts/missing-commands.ts';
import { osRelease } from '../../facts/os-release.ts';
import { clockCheck } from './clock-check.ts';
import { portsCheck } from './ports-check.ts';

/** What konvoy calls on every host beyond a shell and coreutils. */
const NEEDED_COMMANDS = ['bash', 'flock', 'grep', 'ip', 'iptables', 'sed', 'ss', 'systemctl', 'systemd-run', 'timeout'];

/** Oldest kernel that today's Kubernetes is tested with (kubernetes.io, "Kernel version requirements": kube-proxy nftables aside). */
const OLDEST_KERNEL = [4, 19] as const;

function pass(summary?: string): Verdict {
  return summary === undefined ? { is: 'pass' } : { is: 'pass', summary };
}

function systemCheck({ address }: TopologyHost): Check {
  const os = ask(osRelease, address, {});
  const identity = ask(machineIdentity, address, undefined);
  // There exactly where systemd is the init process: sd_booted(3).
  const systemd = ask(fileStat, address, { path: '/run/systemd/system' });
  return {
    id: `system@${address}`,
    phase: 'preflight',
    title: `${address}: SSH, sudo and a system that konvoy knows`,
    asks: [os, identity, systemd],
    judge(facts) {
      const release = facts.get(os);
      const machine = facts.get(identity);
      const init = facts.get(systemd);
      if (!release.ok) return { is: 'fail', summary: release.why };
      if (!machine.ok) return { is: 'fail', summary: machine.why };
      if (!init.ok) return { is: 'fail', summary: init.why };
      if (init.value === undefined) {
        const hint = 'konvoy needs a host on which systemd is the first process';
        return { is: 'fail', summary: 'systemd does not run', hint };
      }
      const { prettyName, family } = release.value;
      const { kernel, architecture } = machine.value;
      if (family === undefined) {
        const hint = 'Debian, Ubuntu, RHEL and their relatives are supported';
        return { is: 'fail', summary: `konvoy knows no package manager of ${prettyName}`, hint };
      }
      const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number);
      if (major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1])) {
        return { is: 'warn', summary: `kernel ${kernel} is older than ${OLDEST_KERNEL.join('.')}`, hint: 'update it' };
      }
      return pass(`${prettyName}, kernel ${kernel}, ${architecture}`);
    },
  };
}

function commandsCheck({ address }: TopologyHost): Check {
  const missing = ask(missingCommands, address, { names: NEEDED_COMMANDS });
  return {
    id: `commands@${address}`,
    phase: 'preflight',
    title: `${address}: the commands that konvoy needs are there`,
    asks: [missing],
    judge(facts) {
      const answer = facts.get(missing);
      if (!answer.ok) return { is: 'unknown', why: answer.why };
      if (answer.value.length === 0) return pass();
      const hint = 'install them with the host’s package manager (iproute2, iptables, util-linux, systemd)';
      return { is: 'fail', summary: `not installed: ${answer.value.join(', ')}`, hint };
    },
  };
}

function addressCheck({ address }: TopologyHost): Check {
  const interfaces = ask(ipAddress, address, undefined);
  return {
    id: `address@${address}`,
    phase: 'preflight',
    title: `${address}: the inventory's address is the host's own`,
    asks: [interfaces],
    judge(facts) {
      const answer = facts.get(interfaces);
      if (!answer.ok) return { is: 'unknown', why: answer.why };
      const found = interfaceWith(answer.value, address);
      if (found !== undefined) return pass(found.name);
      return {
        is: 'fail',
        summary: `no interface of the host has ${address}`,
        hint: 'the inventory’s keys are the private addresses of the machines; where SSH goes elsewhere, set ansible_host',
      };
    },
  };
}

function globalIpv6Check({ address }: TopologyHost): Check {
  const interfaces = ask(ipAddress, address, undefined);
  return {
    id: `ipv6@${address}`,
    phase: 'preflight',
    title: `${address}: no global IPv6 address that the firewall rules would not cover`,
    asks: [interfaces],
    judge(facts) {
      const answer = facts.get(interfaces);
      if (!answer.ok) return { is: 'unknown', why: answer.why };
      const global = answer.value.flatMap(({ addresses }) =>
        addresses.filter((each) => each.scope === 'global' && each.address.includes(':')),
      );
      const [first] = global;
      if (first === undefined) return pass();
      return {
        is: 'warn',
        summary: `the host has the IPv6 address ${first.address}, and konvoy's rules are for IPv4 only`,
        hint: 'ip6tables is not managed: guard IPv6 yourself, or switch it off',
      };
    },
  };
}

function uniqueCheck(topology: Topology, what: 'hostname' | 'machineId', name: string, hint: string): Check {
  const asked = topology.hosts.map((host) => ask(machineIdentity, host.address, undefined));
  return {
    id: what === 'hostname' ? 'unique-hostnames' : 'unique-machine-ids',
    phase: 'preflight',
    title: `every host has a ${name} of its own`,
    asks: asked,
    judge(facts) {
      const byValue = new Map<string, string[]>();
      for (const question of asked) {
        const answer = facts.get(question);
        if (!answer.ok) continue;
        const value = answer.value[what];
        byValue.set(value, [...(byValue.get(value) ?? []), question.host]);
      }
      const empty = byValue.get('');
      if (empty !== undefined) return { is: 'fail', summary: `${empty.join(', ')}: no ${name}`, hint };
      for (const [value, holders] of byValue) {
        if (holders.length > 1)
          return { is: 'fail', summary: `${holders.join(', ')} share the ${name} ${value}`, hint };
      }
      return pass();
    },
  };
}

/** Whether the machines are fit. Foreign firewalls are the firewall's own business. */
export function checks(_section: unknown, topology: Topology): readonly Check[] {
  return [
    ...topology.hosts.flatMap((host) => [
      systemCheck(host),
      commandsCheck(host),
      addressCheck(host),
      clockCheck(host),
      portsCheck(host),
      globalIpv6Check(host),
    ]),
    uniqueCheck(topology, 'hostname', 'hostname', 'set it with `hostnamectl set-hostname NAME`'),
    uniqueCheck(
      topology,
      'machineId',
      'machine-id',
      'clones share it: `rm /etc/machine-id && systemd-machine-id-setup`, then reboot',
    ),
  ];
}
