import { setTimeout as sleep } from 'node:timers/promises';
import { type Container, startContainer } from './container.ts';
import { killGroups, removeGroups } from './control-groups.ts';
import type { LabHost } from './lab-plan.ts';
import type { LabPaths } from './lab-paths.ts';
import type { HostState, HostStatus } from './lab-status.ts';
import { deleteNamespace, plugIn, pullCable, switchCable } from './network.ts';

/** Boots that end sooner than this, in milliseconds, and without a listening sshd, are failures. */
const SHORT_BOOT_MS = 3000;
const MAX_FAILURES = 3;

/** Keeps one host running: whatever ends it, it is started again in a new network namespace, until it is stopped. */
export interface HostRunner {
  readonly host: LabHost;
  status(): HostStatus;
  start(): void;
  /** A clean power-off; a crash when that takes longer than `graceMs`. Returns when the host is down, and it stays down. */
  stop(graceMs: number): Promise<void>;
  /** Pulls the plug. The host comes back by itself unless it is to stay down. Returns when it is down. */
  kill(stayDown: boolean): Promise<void>;
  /** Cuts or mends the host's cable. Holds over reboots. */
  cut(cut: boolean): Promise<void>;
}

export interface RunnerSurroundings {
  readonly lab: LabPaths;
  readonly root: string;
  readonly console: string;
  readonly log: (text: string) => void;
}

export function createHostRunner(host: LabHost, around: RunnerSurroundings): HostRunner {
  const { lab, log } = around;
  let wanted = false;
  let isCut = false;
  let state: HostState = 'stopped';
  let boots = 0;
  let failures = 0;
  let namespace: string | undefined;
  let container: Container | undefined;
  let loop: Promise<void> | undefined;

  /** One boot, from the cable to the end of the last process. */
  async function bootOnce(): Promise<void> {
    boots += 1;
    state = 'booting';
    const began = performance.now();
    namespace = await plugIn(lab, host, boots, isCut);
    try {
      if (!wanted) return;
      container = await startContainer({
        lab: lab.name,
        host: host.name,
        root: around.root,
        namespace,
        console: around.console,
      });
      const boot = container;
      // Somebody may have asked for the end while it was being started.
      if (!wanted) boot.kill();
      const watching = watchUntilReady(boot);
      const exit = await boot.ended;
      const was = state;
      state = 'down';
      watching.abort();
      await pullCable(lab, host);
      const lasted = performance.now() - began;
      failures = was === 'booting' && wanted && lasted < SHORT_BOOT_MS ? failures + 1 : 0;
      log(`${host.name}: boot ${boots} ended with exit code ${exit} after ${Math.round(lasted)} ms`);
    } finally {
      container = undefined;
      await pullCable(lab, host);
      await killGroups(lab.name, host.name);
      await removeGroups(lab.name, host.name);
      await deleteNamespace(namespace);
      namespace = undefined;
    }
  }

  function watchUntilReady(boot: Container): AbortController {
    const stopped = new AbortController();
    void (async () => {
      while (!stopped.signal.aborted && !boot.isReady()) await sleep(25);
      if (stopped.signal.aborted) return;
      state = 'running';
      log(`${host.name}: boot ${boots} is up`);
    })();
    return stopped;
  }

  async function keepRunning(): Promise<void> {
    while (wanted) {
      try {
        await bootOnce();
      } catch (error) {
        failures += 1;
        log(`${host.name}: cannot boot: ${String(error)}`);
      }
      if (failures >= MAX_FAILURES) {
        wanted = false;
        state = 'failed';
        log(`${host.name}: gave up after ${failures} boots that came to nothing, see ${around.console}`);
        return;
      }
    }
    state = 'stopped';
  }

  async function down(): Promise<void> {
    const boot = container;
    await boot?.ended;
    if (!wanted) await loop;
  }

  return {
    host,
    status: () => ({
      ...host,
      state,
      boots,
      cut: isCut,
      ...(namespace === undefined ? {} : { namespace }),
      ...withPid(container),
    }),
    start: () => {
      if (wanted) return;
      wanted = true;
      failures = 0;
      loop = (loop ?? Promise.resolve()).then(keepRunning);
    },
    stop: async (graceMs) => {
      wanted = false;
      const boot = container;
      boot?.powerOff();
      const timer = setTimeout(() => boot?.kill(), graceMs);
      await down();
      clearTimeout(timer);
    },
    kill: async (stayDown) => {
      if (stayDown) wanted = false;
      await pullCable(lab, host);
      container?.kill();
      await down();
    },
    cut: async (cut) => {
      isCut = cut;
      if (namespace !== undefined) await switchCable(lab, host, cut ? 'down' : 'up');
    },
  };
}

function withPid(container: Container | undefined): { pid: number } | object {
  const pid = container?.init()?.pid;
  return pid === undefined ? {} : { pid };
}
