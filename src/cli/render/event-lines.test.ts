import { expect, it } from 'vitest';
import { KonvoyError } from '../../core/errors.ts';
import type { Change } from '../../core/plan.ts';
import { printEvent } from './event-lines.ts';
import { PLAIN } from './style.ts';

const change: Change = {
  verb: 'update',
  fields: [],
  resource: {
    kind: 'helm-release',
    address: '10.0.50.11 helm-release:metallb',
    component: 'metallb',
    because: [],
    ensure: 'present',
    host: '10.0.50.11',
    port: 6443,
    release: 'metallb-kubeaddons',
    namespace: 'kubeaddons',
    chart: { name: 'metallb', version: '0.16.1' },
    values: {},
    serves: 'load-balancer-services',
  },
};

it('an addon is a line as Konvoy printed it: the name in 71 characters, then how it went', () => {
  const done = printEvent({ is: 'change-done', change, milliseconds: 1 }, PLAIN, { verbose: false });
  expect(done).toBe(`metallb${' '.repeat(64)}[OK]`);
  const error = new KonvoyError('it does not become ready', { hint: 'look at its pods' });
  const failed = printEvent({ is: 'change-failed', change, error }, PLAIN, { verbose: false });
  expect(failed).toBe(`metallb${' '.repeat(64)}[ERROR]\n  it does not become ready\n  hint: look at its pods`);
  const removed = { ...change, verb: 'delete' as const };
  expect(printEvent({ is: 'change-done', change: removed, milliseconds: 1 }, PLAIN, { verbose: false })).toContain(
    '[REMOVED]',
  );
});
