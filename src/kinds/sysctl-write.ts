import type { HostWriter } from '../connections/host.ts';
import { CommandFailed, KonvoyError } from '../core/errors.ts';
import { ask } from '../core/fact.ts';
import type { Change } from '../core/plan.ts';
import type { SysctlResource } from '../core/resource.ts';
import { fileContent } from '../facts/file-content.ts';
import { kernelSetting, kernelSettingPath, normalizeSetting } from '../facts/kernel-setting.ts';
import { askWriterAll } from './ask-writer.ts';
import { forget, remember } from './host-memory.ts';
import type { Writers } from './kind.ts';
import { isToPutBack, parseSetting, printSetting, settingMemoryPath } from './sysctl-memory.ts';

function hintFor(stderr: string, name: string): string {
  if (/Read-only file system|Permission denied/.test(stderr)) {
    return `the host may not change ${name}: in a container, set it on the machine that runs it`;
  }
  return `the kernel does not take this value for ${name}; \`dmesg | tail\` may say why`;
}

/** `sysctl -w` is a package of its own on small hosts; `tee` is everywhere. */
async function setValue(writer: HostWriter, name: string, value: string): Promise<void> {
  const path = kernelSettingPath(name);
  const { exit, stderr } = await writer.run(['tee', '--', path], { stdin: `${value}\n`, expect: 'any' });
  if (exit === 0) return;
  throw new CommandFailed(writer.address, `echo '${value}' | tee ${path}`, exit, stderr, hintFor(stderr, name));
}

/** Sets a kernel setting, or puts the value from before konvoy back. */
export async function writeSysctl({ resource }: Change<SysctlResource>, { hosts }: Writers): Promise<void> {
  const { name, ensure } = resource;
  const writer = await hosts.writer(resource.host);
  const path = settingMemoryPath(name);
  const asked = {
    setting: ask(kernelSetting, writer.address, { name }),
    memory: ask(fileContent, writer.address, { path }),
  };
  const facts = await askWriterAll(writer, Object.values(asked));
  const value = facts.get(asked.setting);
  const memory = facts.get(asked.memory);
  const remembered = memory === undefined ? undefined : parseSetting(memory);
  if (ensure === 'absent') {
    if (remembered === undefined) return;
    if (isToPutBack(remembered, value)) await setValue(writer, name, remembered.former);
    await forget(writer, [path]);
    return;
  }
  if (value === undefined) {
    throw new KonvoyError(`${writer.address}: the kernel has no setting ${name}`, {
      hint: `no module that is loaded brings it: look at \`ls ${kernelSettingPath(name).replace(/\/[^/]*$/, '')}\` on the host`,
    });
  }
  const ours = normalizeSetting(resource.value);
  // Remembered first: a run that is killed between leaves the former value in both places.
  const all = [...new Set([...(remembered?.ours ?? []), ours])];
  await remember(writer, path, printSetting({ former: remembered?.former ?? value, ours: all }));
  await setValue(writer, name, ours);
}
