import { Command, InvalidArgumentError } from 'commander';
import { KonvoyError } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';

/** A command of a lab that `--name` or KONVOY_LAB names. */
export function namedCommand(context: CliContext, name: string): Command {
  return new Command(name).option(
    '--name <lab>',
    'which lab, where there are several',
    context.env.KONVOY_LAB ?? 'konvoy',
  );
}

/** Fails in one line where this is not root. */
export function assertRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new KonvoyError('konvoy lab needs root: it makes network namespaces, mounts and containers', {
    hint: 'run it with sudo',
  });
}

/** Prints lines with the seconds since now in front, beside the output proper. */
export function timed(context: CliContext): (text: string) => void {
  const began = context.now();
  return (text) => context.stderr.write(`[${((context.now() - began) / 1000).toFixed(1).padStart(5)} s] ${text}\n`);
}

/** A whole number in this range. */
export function parseNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`it is a number from ${least} to ${most}.`);
  };
}
