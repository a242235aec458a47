import { maskCorefile } from '../../core/mask-corefile.ts';
import { printLineDiff } from './plan-text.ts';
import type { Style } from './style.ts';

/** The difference of two Corefiles. */
export function printCorefileDiff(before: string, after: string, style: Style): string {
  return printLineDiff(maskCorefile(before), maskCorefile(after), style)
    .map((line) => `  ${line}\n`)
    .join('');
}
