import { CommandFailed } from '../core/errors.ts';
import { ask } from '../core/fact.ts';
import type { KernelModuleResource } from '../core/resource.ts';
import { kernelModule } from '../facts/kernel-module.ts';
import type { Kind } from './kind.ts';

function hintFor(module: string, exit: number): string {
  if (exit === 127) return 'the host has no modprobe: install kmod, or in a container load the module on its machine';
  return (
    `the running kernel does not have ${module}, or may not load it: after an update of the kernel, reboot; on Ubuntu's small ` +
    'kernels, install linux-modules-extra-$(uname -r); in a container, load it on its machine'
  );
}

/** Modules of the running kernel. They are never unloaded: somebody else may have come to use them. */
export const kernelModuleKind: Kind<KernelModuleResource, true> = {
  rollout: 'parallel',
  asks: ({ host, module }) => [ask(kernelModule, host, { module })],
  seen({ host, module }, facts) {
    const answer = facts.get(ask(kernelModule, host, { module }));
    if (!answer.ok) return { is: 'unreadable', why: answer.why };
    return answer.value ? { is: 'present', state: true } : { is: 'absent' };
  },
  diff({ ensure }, seen) {
    return ensure === 'absent' || seen.is === 'present' ? [] : [{ field: 'loaded', after: 'yes' }];
  },
  async write({ resource: { host, module, ensure } }, writers) {
    if (ensure === 'absent') return;
    const writer = await writers.hosts.writer(host);
    const argv = ['modprobe', '--', module] as const;
    const { exit, stderr } = await writer.run(argv, { expect: 'any' });
    if (exit !== 0) throw new CommandFailed(host, argv.join(' '), exit, stderr, hintFor(module, exit));
  },
};
