import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiClient, startApiClient } from '../support/api-client.ts';
import { clusterLab, UNTIL, waitForHealth } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { oneHolder, VIP } from '../support/vip-lab.ts';

/** A fault of the host that holds the address, and what a client may notice of it at most, in milliseconds. */
interface Fault {
  readonly title: string;
  readonly limit: number;
  inject(lab: Lab, host: string): Promise<unknown>;
  mend?(lab: Lab, host: string): Promise<unknown>;
}

const signal = (name: string) => (lab: Lab, host: string) =>
  lab.onHost(host, 'pkill', `-${name}`, '-x', 'kube-apiserver');

const FAULTS: readonly Fault[] = [
  {
    title: 'keepalived stopped',
    limit: 1200,
    inject: (lab, host) => lab.onHost(host, 'systemctl', 'stop', 'keepalived'),
    mend: (lab, host) => lab.onHost(host, 'systemctl', 'start', 'keepalived'),
  },
  { title: 'kube-apiserver stopped', limit: 2500, inject: signal('TERM') },
  { title: 'kube-apiserver killed', limit: 2500, inject: signal('KILL') },
  { title: 'kube-apiserver hung', limit: 4000, inject: signal('STOP'), mend: signal('CONT') },
  {
    title: 'link cut',
    limit: 2000,
    inject: (lab, host) => lab.lab('cut', host),
    mend: (lab, host) => lab.lab('heal', host),
  },
  { title: 'host rebooted', limit: 2000, inject: (lab, host) => lab.host(host, ['systemctl', 'reboot']) },
  { title: 'host killed', limit: 2000, inject: (lab, host) => lab.lab('kill', host) },
];

describeAsRoot('the API behind its virtual address', () => {
  let lab: Lab;
  let client: ApiClient;
  const rows: string[] = [];

  beforeAll(async () => {
    lab = await clusterLab();
    await waitForHealth(lab);
    client = await startApiClient(lab.name, VIP, 6443);
  }, 600_000);

  afterAll(async () => {
    await client?.stop();
    console.info(`fault of the holder         longest gap   limit   failed requests\n${rows.join('\n')}`);
  });

  for (const { title, limit, inject, mend } of FAULTS) {
    test(`is hardly missed when its holder has: ${title}`, async () => {
      const host = await oneHolder(lab);
      const began = Date.now();
      await inject(lab, host);
      const { longestGap, failed, requests } = await client.availabilitySince(began);
      const gap = `${(longestGap / 1000).toFixed(2)} s`;
      rows.push(
        `${title.padEnd(27)} ${gap.padStart(11)} ${`${limit / 1000} s`.padStart(7)}   ${failed} of ${requests}`,
      );
      await mend?.(lab, host);
      await waitForHealth(lab);
      expect(longestGap).toBeLessThan(limit);
    });
  }

  test('and the cluster is as it was', async () => {
    expect(assertOk(await lab.konvoy(['plan', ...UNTIL])).stdout).toContain('Nothing to do.');
  });
});
