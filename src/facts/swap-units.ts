import { type Fact, FactUnreadable } from '../core/fact.ts';

/** A unit of systemd that switches swap on. */
export interface SwapUnit {
  /** `dev-zram0.swap`. */
  readonly unit: string;
  readonly active: boolean;
  /** Its definition: below /run where a generator wrote it. */
  readonly fragment: string;
  /** `enabled`, `static`, `generated`, … */
  readonly file: string;
}

const PROPERTIES = ['Id', 'LoadState', 'ActiveState', 'UnitFileState', 'FragmentPath', 'SourcePath'];

/**
 * The swap units that systemd has loaded with a definition of their own. Left out: those that only mirror what is on,
 * those made of /etc/fstab, which go with its lines, and masked ones.
 */
export const swapUnits: Fact<undefined, readonly SwapUnit[]> = {
  name: 'swap units',
  command: () => ['systemctl', 'show', `--property=${PROPERTIES.join(',')}`, '--', '*.swap'],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `systemctl ended with exit code ${exit}`);
    const blocks = stdout.split('\n\n').filter((block) => block.trim() !== '');
    return blocks.flatMap((block): SwapUnit[] => {
      const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(block)?.[1] ?? '';
      const unit = value('Id');
      if (unit === '') throw new FactUnreadable('systemctl show left out Id');
      const fragment = value('FragmentPath');
      if (fragment === '' || value('LoadState') !== 'loaded' || value('SourcePath') === '/etc/fstab') return [];
      return [{ unit, active: value('ActiveState') === 'active', fragment, file: value('UnitFileState') }];
    });
  },
};
