import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assertOk, describeAsRoot, FRESH, type Lab, sharedLab } from '../support/lab.ts';
import { readPingGaps } from '../support/ping-gaps.ts';

const VIP = '10.0.50.20';
const KILLS = 3;

describeAsRoot('the address of the API', () => {
  let lab: Lab;
  let folder: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const controlPlanes = ['cp1', 'cp2', 'cp3'];

  async function holders(): Promise<string[]> {
    const found: string[] = [];
    for (const host of controlPlanes) {
      const output = await lab.onHost(host, 'ip', '-4', '-o', 'addr', 'show');
      if (output.includes(` ${VIP}/`)) found.push(host);
    }
    return found;
  }

  async function oneHolder(): Promise<string> {
    let found: string[] = [];
    for (let attempt = 0; attempt < 20; attempt++) {
      found = await holders();
      if (found.length === 1 && found[0] !== undefined) return found[0];
      await sleep(300);
    }
    throw new Error(`not exactly one holder of the VIP: ${found.join(', ') || 'nobody'}`);
  }

  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    folder = await lab.copyFolder();
    assertOk(await konvoy('up', '--yes'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('is held by exactly one control plane and answers everywhere', async () => {
    await oneHolder();
    assertOk(await lab.seat(['ping', '-c', '2', '-W', '1', VIP]));
    assertOk(await lab.host('worker1', ['ping', '-c', '2', '-W', '1', VIP]));
  });

  test('has the same router id on all control planes', async () => {
    const ids = new Set<string>();
    for (const host of controlPlanes) {
      ids.add(await lab.onHost(host, 'sh', '-c', 'grep virtual_router_id /etc/keepalived/keepalived.conf'));
    }
    expect(ids.size).toBe(1);
  });

  test('moves to another control plane when its holder is killed, seen from a third host', async () => {
    const gaps: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const holder = await oneHolder();
      const watching = lab.host('worker1', ['ping', '-n', '-D', '-i', '0.02', '-w', '9', VIP]);
      await sleep(3000);
      const killedAt = Date.now();
      await lab.onHost(holder, 'systemctl', 'kill', '--kill-whom=all', '--signal=SIGKILL', 'keepalived.service');
      const gap = readPingGaps((await watching).stdout);
      expect(gap.firstReplyAt).toBeLessThan(killedAt);
      expect(gap.lastReplyAt).toBeGreaterThan(killedAt + 2000);
      expect(await oneHolder()).not.toBe(holder);
      gaps.push(gap.longestGapMs);
      await lab.onHost(holder, 'systemctl', 'start', 'keepalived.service');
    }
    console.log(`longest gap of the VIP after a kill of its holder, ms: ${gaps.map(Math.round).join(', ')}`);
    expect(Math.max(...gaps)).toBeLessThan(1500);
  });

  test('finds nothing to do afterwards, and sees a configuration edited by hand', async () => {
    expect((await konvoy('plan', '--exit-code')).exit).toBe(0);
    await lab.onHost(
      'cp2',
      'sed',
      '-i',
      's/virtual_router_id .*/virtual_router_id 7/',
      '/etc/keepalived/keepalived.conf',
    );
    const plan = await konvoy('plan', '--exit-code');
    expect(plan.exit).not.toBe(0);
  });
});
