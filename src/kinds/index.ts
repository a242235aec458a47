import type { KindTable } from './dispatch.ts';
import { fileKind } from './file.ts';
import { foreignFirewallKind } from './foreign-firewall.ts';
import { iptablesRulesKind } from './iptables-rules.ts';
import { judging } from './judgement.ts';
import { kernelModuleKind } from './kernel-module.ts';
import { packageKind } from './package.ts';
import { programCopyKind } from './program-copy.ts';
import { swapKind } from './swap.ts';
import { sysctlKind } from './sysctl.ts';
import { unitKind } from './unit.ts';

/** How each kind of resource is read, compared and changed. Leaving a kind out does not compile. */
export const kinds: KindTable = {
  file: judging(fileKind),
  package: judging(packageKind),
  unit: judging(unitKind),
  'iptables-rules': judging(iptablesRulesKind),
  'foreign-firewall': judging(foreignFirewallKind),
  sysctl: judging(sysctlKind),
  'kernel-module': judging(kernelModuleKind),
  swap: judging(swapKind),
  'program-copy': judging(programCopyKind),
};
