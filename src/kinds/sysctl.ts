import { ask } from '../core/fact.ts';
import type { FieldChange } from '../core/plan.ts';
import type { SysctlResource } from '../core/resource.ts';
import { fileContent } from '../facts/file-content.ts';
import { kernelModule } from '../facts/kernel-module.ts';
import { kernelSetting, normalizeSetting } from '../facts/kernel-setting.ts';
import type { Kind } from './kind.ts';
import { seeing } from './seeing.ts';
import { isToPutBack, parseSetting, type RememberedSetting, settingMemoryPath } from './sysctl-memory.ts';
import { writeSysctl } from './sysctl-write.ts';

/** Settings that come with a module. Where it is not there yet, the same plan loads it first. */
const COME_WITH: readonly (readonly [prefix: string, module: string])[] = [
  ['net.bridge.', 'br_netfilter'],
  ['net.netfilter.nf_conntrack', 'nf_conntrack'],
  ['net.ipv4.vs.', 'ip_vs'],
];

/** A setting with what konvoy remembers of it. */
export interface SeenSetting {
  /** Undefined where the kernel does not have it. */
  readonly value: string | undefined;
  /** Whether a module that is not there yet would bring it. */
  readonly mayCome: boolean;
  /** Undefined where konvoy never changed it. */
  readonly remembered: RememberedSetting | undefined;
}

function questions({ host, name }: SysctlResource) {
  const module = COME_WITH.find(([prefix]) => name.startsWith(prefix))?.[1];
  return {
    setting: ask(kernelSetting, host, { name }),
    memory: ask(fileContent, host, { path: settingMemoryPath(name) }),
    module: module === undefined ? undefined : ask(kernelModule, host, { module }),
  };
}

function diffAbsent({ value, remembered }: SeenSetting): FieldChange[] {
  if (remembered === undefined) return [];
  if (isToPutBack(remembered, value)) return [{ field: 'value', before: value, after: remembered.former }];
  return [{ field: 'remembered value', before: remembered.former }];
}

/** Settings of the running kernel. The value from before konvoy is kept and put back where nobody changed ours since. */
export const sysctlKind: Kind<SysctlResource, SeenSetting> = {
  rollout: 'parallel',

  asks(wanted) {
    const { setting, memory, module } = questions(wanted);
    return module === undefined ? [setting, memory] : [setting, memory, module];
  },

  seen: (wanted, facts) =>
    seeing(facts, (get) => {
      const asked = questions(wanted);
      const [value, memory] = [get(asked.setting), get(asked.memory)];
      const remembered = memory === undefined ? undefined : parseSetting(memory);
      const mayCome = asked.module !== undefined && !get(asked.module);
      if (value === undefined && remembered === undefined && mayCome) return { is: 'absent' };
      return { is: 'present', state: { value, mayCome, remembered } };
    }),

  diff(wanted, seen) {
    if (wanted.ensure === 'absent') return seen.is === 'present' ? diffAbsent(seen.state) : [];
    const before = seen.is === 'present' ? seen.state.value : undefined;
    const after = normalizeSetting(wanted.value);
    if (before === after) return [];
    return [before === undefined ? { field: 'value', after } : { field: 'value', before, after }];
  },

  refusals(wanted, seen) {
    if (wanted.ensure === 'absent' || seen.is !== 'present') return [];
    const { value, mayCome } = seen.state;
    if (value !== undefined || mayCome) return [];
    return [
      `the kernel of ${wanted.host} has no setting ${wanted.name}: another kernel, or a module that brings it, is needed`,
    ];
  },

  write: writeSysctl,
};
