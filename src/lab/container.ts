import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createHostGroups, UNIFIED_HIERARCHY } from './control-groups.ts';
import { type ProcessIdentity, identifyProcess, signalProcess } from './process-identity.ts';

/** The clock and the kernel belong to the machine: nothing that runs on a host may have these, however it came there. */
export const DROPPED_CAPABILITIES = ['sys_time', 'sys_module'];

/** systemd as a container's first process powers off cleanly on this signal (systemd(1), SIGRTMIN+3). */
const POWER_OFF_SIGNAL = 37;
/** sshd's port, as /proc/net/tcp prints it, in state LISTEN. */
const SSHD_LISTENS = /^ *\d+: 0+:0016 \S+ 0A /m;

/** One boot of one host: a systemd-nspawn and the systemd in it. */
export interface Container {
  /** systemd-nspawn's exit code, 128 + n where a signal ended it. 133 is a reboot. */
  readonly ended: Promise<number>;
  /** The host's first process, seen from this machine; undefined before it has been started and after it has gone. */
  init(): ProcessIdentity | undefined;
  /** Whether sshd listens and lets users in. Looks from outside: the host's own firewall has no say. */
  isReady(): boolean;
  powerOff(): void;
  /** Like pulling the plug. */
  kill(): void;
}

export interface ContainerPlan {
  readonly lab: string;
  readonly host: string;
  readonly root: string;
  readonly namespace: string;
  /** Takes what the host prints on its console. */
  readonly console: string;
}

/** Enters the control groups (all arguments before `--`), then becomes the rest of its arguments. */
const ENTER_GROUPS = 'while [ "$1" != -- ]; do echo $$ >"$1" || exit 90; shift; done; shift; exec "$@"';

/**
 * Boots a host. When this process is killed, systemd-nspawn ends with it, but not what runs in the host: that is then
 * found by its control groups.
 */
export async function startContainer(plan: ContainerPlan): Promise<Container> {
  const groups = await createHostGroups(plan.lab, plan.host);
  const output = openSync(plan.console, 'a');
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'sh', '-c', ENTER_GROUPS, 'sh', ...groups, '--', 'systemd-nspawn', ...nspawnOptions(plan)],
    {
      stdio: ['ignore', output, output],
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        // Hosts run kubelet and containerd, which write below /sys and /proc/sys and use keyring, bpf and mount calls.
        SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'yes',
        SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: UNIFIED_HIERARCHY ? '1' : '0',
        SYSTEMD_SECCOMP: '0',
      },
    },
  );
  closeSync(output);
  const ended = exitOf(child);
  let first: ProcessIdentity | undefined;
  const init = () => {
    first ??= findInit(child.pid);
    return first;
  };
  return {
    ended,
    init,
    isReady: () => {
      const pid = init()?.pid;
      return pid !== undefined && sshdListens(pid) && !existsSync(`/proc/${pid}/root/run/nologin`);
    },
    powerOff: () => {
      const process = init();
      if (process === undefined) child.kill('SIGKILL');
      else signalProcess(process, POWER_OFF_SIGNAL);
    },
    kill: () => {
      const process = init();
      if (process === undefined) child.kill('SIGKILL');
      else signalProcess(process, 'SIGKILL');
    },
  };
}

function nspawnOptions(plan: ContainerPlan): string[] {
  return [
    '--quiet',
    '--register=no',
    '--keep-unit',
    '--boot',
    `--directory=${plan.root}`,
    `--machine=konvoy-${plan.lab}-${plan.host}`,
    `--hostname=${plan.host}`,
    `--network-namespace-path=/run/netns/${plan.namespace}`,
    '--capability=all',
    `--drop-capability=${DROPPED_CAPABILITIES.map((name) => `CAP_${name.toUpperCase()}`).join(',')}`,
    '--link-journal=no',
    '--resolv-conf=off',
    '--timezone=off',
    '--bind=/dev/kmsg',
  ];
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143)));
  });
}

/** systemd-nspawn's child that is process 1 of its own process namespace. */
function findInit(nspawn: number | undefined): ProcessIdentity | undefined {
  if (nspawn === undefined) return undefined;
  for (const pid of readText(`/proc/${nspawn}/task/${nspawn}/children`).trim().split(' ')) {
    if (/^NSpid:\t\d+\t1$/m.test(readText(`/proc/${pid}/status`))) return identifyProcess(Number(pid));
  }
  return undefined;
}

function sshdListens(pid: number): boolean {
  return SSHD_LISTENS.test(readText(`/proc/${pid}/net/tcp`));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
