import type { HostWriter } from '../connections/host.ts';
import { CommandFailed } from '../core/errors.ts';
import { ask } from '../core/fact.ts';
import type { Change } from '../core/plan.ts';
import type { SwapResource } from '../core/resource.ts';
import { fileContent } from '../facts/file-content.ts';
import { fileStat } from '../facts/file-stat.ts';
import { switchOffSwap, switchOnSwap } from '../facts/fstab.ts';
import { type ActiveSwap, procSwaps } from '../facts/proc-swaps.ts';
import { type SwapUnit, swapUnits } from '../facts/swap-units.ts';
import { askWriter, askWriterAll } from './ask-writer.ts';
import { forget, remember } from './host-memory.ts';
import type { Writers } from './kind.ts';
import { keepOriginal, originalPath } from './original.ts';
import { parseSwitchedOff, printSwitchedOff, SWAP_MEMORY_PATH, type SwitchedOff, withMore } from './swap-memory.ts';

export const FSTAB = '/etc/fstab';

/** Milliseconds. Everything that was swapped out is read back into memory. */
const SWAPOFF_TIMEOUT = 600_000;

/** Whether a unit is a file of the host's user: systemd masks by a link at that very place, so it cannot be masked. */
export function isOwnUnit({ fragment }: SwapUnit): boolean {
  return fragment.startsWith('/etc/systemd/system/');
}

function questions(host: HostWriter['address']) {
  return {
    active: ask(procSwaps, host, undefined),
    units: ask(swapUnits, host, undefined),
    fstab: ask(fileContent, host, { path: FSTAB }),
    fstabStat: ask(fileStat, host, { path: FSTAB }),
    kept: ask(fileStat, host, { path: originalPath(FSTAB) }),
    memory: ask(fileContent, host, { path: SWAP_MEMORY_PATH }),
  };
}

async function swapOff(writer: HostWriter, { path }: ActiveSwap): Promise<void> {
  const argv = ['swapoff', '--', path] as const;
  const { exit, stderr } = await writer.run(argv, { expect: 'any', timeoutMs: SWAPOFF_TIMEOUT });
  if (exit === 0) return;
  const hint = /Cannot allocate memory/.test(stderr)
    ? 'there is too little free memory for what is swapped out: end something large there (`free -m` shows), or give the host more'
    : `look at \`cat /proc/swaps\` on ${writer.address}`;
  throw new CommandFailed(writer.address, argv.join(' '), exit, stderr, hint);
}

/** First what switches swap on at boot, then the swap itself: systemd would otherwise see a unit that has failed. */
async function switchOff(writer: HostWriter, { step }: Writers): Promise<void> {
  const asked = questions(writer.address);
  const facts = await askWriterAll(writer, Object.values(asked));
  const active = facts.get(asked.active);
  const units = facts.get(asked.units).filter((unit) => !isOwnUnit(unit) || unit.file === 'enabled');
  const off: SwitchedOff[] = [
    ...active.map((area) => ({ is: 'area' as const, ...area })),
    ...units.map((unit) => ({
      is: 'unit' as const,
      unit: unit.unit,
      how: isOwnUnit(unit) ? ('disabled' as const) : ('masked' as const),
      wasActive: unit.active,
    })),
  ];
  const known = parseSwitchedOff(facts.get(asked.memory) ?? '');
  await remember(writer, SWAP_MEMORY_PATH, printSwitchedOff(withMore(known, off)));
  const fstab = facts.get(asked.fstab) ?? '';
  const changed = switchOffSwap(fstab);
  if (changed !== fstab) {
    if (facts.get(asked.kept) === undefined) await keepOriginal(writer, FSTAB);
    await writer.writeFile(FSTAB, changed, { mode: (facts.get(asked.fstabStat)?.mode ?? 0o644) & 0o777 });
  }
  for (const unit of units) {
    await writer.run(['systemctl', '--no-reload', isOwnUnit(unit) ? 'disable' : 'mask', '--', unit.unit]);
  }
  if (changed !== fstab || units.length > 0) await writer.run(['systemctl', 'daemon-reload']);
  for (const area of active) {
    step(`swapoff ${area.path}`);
    await swapOff(writer, area);
  }
}

/** Swap that does not come back now is no reason to stop: what switches it on at boot is as it was. */
async function tryOn(writer: HostWriter, { step }: Writers, argv: readonly [string, ...string[]], what: string) {
  const { exit, stderr } = await writer.run(argv, { expect: 'any' });
  if (exit !== 0) step(`${what} could not be switched on again: ${stderr.trim() || `exit code ${exit}`}`);
}

async function switchBack(writer: HostWriter, writers: Writers): Promise<void> {
  const asked = questions(writer.address);
  const facts = await askWriterAll(writer, [asked.fstab, asked.fstabStat, asked.memory]);
  const off = parseSwitchedOff(facts.get(asked.memory) ?? '');
  const fstab = facts.get(asked.fstab) ?? '';
  const changed = switchOnSwap(fstab);
  if (changed !== fstab) {
    await writer.writeFile(FSTAB, changed, { mode: (facts.get(asked.fstabStat)?.mode ?? 0o644) & 0o777 });
  }
  for (const each of off) {
    if (each.is !== 'unit') continue;
    await writer.run(['systemctl', '--no-reload', each.how === 'masked' ? 'unmask' : 'enable', '--', each.unit]);
  }
  await writer.run(['systemctl', 'daemon-reload']);
  for (const each of off) {
    if (each.is === 'unit' && each.wasActive) {
      await tryOn(writer, writers, ['systemctl', 'start', '--', each.unit], each.unit);
    }
  }
  const active = await askWriter(writer, asked.active);
  for (const each of off) {
    if (each.is !== 'area' || active.some(({ path }) => path === each.path)) continue;
    // The kernel chooses negative priorities itself; nobody else can.
    const priority = each.priority < 0 ? [] : [`--priority=${each.priority}`];
    await tryOn(writer, writers, ['swapon', ...priority, '--', each.path], each.path);
  }
  await forget(writer, [SWAP_MEMORY_PATH, originalPath(FSTAB)]);
}

/** Switches swap off, now and for the next boots, or puts back what konvoy switched off. */
export async function writeSwap({ resource }: Change<SwapResource>, writers: Writers): Promise<void> {
  const writer = await writers.hosts.writer(resource.host);
  if (resource.off) await switchOff(writer, writers);
  else await switchBack(writer, writers);
}
