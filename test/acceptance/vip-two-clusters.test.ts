import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { longestSilence, startClient } from '../support/fresh-connections.ts';
import { withoutHosts } from '../support/firewall-folder.ts';
import { assertOk, describeAsRoot, type Lab, startLab } from '../support/lab.ts';
import { startStandInApis } from '../support/stand-in-api.ts';
import { KEEPALIVED_KILLED, strikeHolder } from '../support/vip-faults.ts';
import { oneHolder } from '../support/vip-lab.ts';

const VRID = 51;
const CLUSTERS = [
  { name: 'red', vip: '10.0.50.20', hosts: ['cp1', 'cp2', 'cp3'], last: [11, 12, 13] },
  { name: 'blue', vip: '10.0.50.90', hosts: ['cp4', 'cp5', 'cp6'], last: [14, 15, 16] },
] as const;

describeAsRoot('two clusters with one router id on one segment', () => {
  let lab: Lab;
  let parent: string;

  /** A working folder of its own, with three of the lab's hosts. */
  async function writeFolder({ name, vip, last }: (typeof CLUSTERS)[number]): Promise<string> {
    const folder = await lab.copyFolder();
    const edit = async (file: string, change: (text: string) => string) => {
      const path = join(folder, file);
      await writeFile(path, change(await readFile(path, 'utf8')));
    };
    const others = CLUSTERS.flatMap((cluster) => (cluster.name === name ? [] : cluster.last));
    const addresses = others.map((number) => `10.0.50.${number}`);
    await edit('inventory.yaml', (text) =>
      withoutHosts(text, ...addresses).replaceAll('10.0.50.20:6443', `${vip}:6443`),
    );
    await edit('cluster.yaml', (text) =>
      text
        .replace(/^ {2}name: .*$/m, `  name: ${name}`)
        .replace('10.0.50.20:6443', `${vip}:6443`)
        .replace('keepalived: {}', `keepalived: {vrid: ${VRID}}`),
    );
    expect(await readFile(join(folder, 'inventory.yaml'), 'utf8')).not.toContain(`10.0.50.${others[0]}:`);
    expect(last).toHaveLength(3);
    return folder;
  }

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'konvoy-two-'));
    const name = `${process.env.KONVOY_TEST_LAB ?? 'test'}-two`;
    lab = await startLab(name, join(parent, 'lab'), ['--control-planes', '6', '--workers', '0']);
    await Promise.all(
      CLUSTERS.map(async (cluster) => {
        const folder = await writeFolder(cluster);
        assertOk(await lab.konvoy(['deploy', 'hosts', '--yes'], { cwd: folder }));
        await rm(folder, { recursive: true, force: true });
      }),
    );
    await startStandInApis(
      lab,
      CLUSTERS.flatMap(({ hosts }) => hosts),
    );
  });

  afterAll(async () => {
    await lab.down();
    await rm(parent, { recursive: true, force: true });
  });

  test('do not disturb each other, also while one of them moves its address', async () => {
    const [red, blue] = CLUSTERS;
    for (const { hosts } of CLUSTERS) {
      for (const host of hosts) {
        const conf = await lab.onHost(host, 'cat', '/etc/keepalived/keepalived.conf');
        expect(conf).toContain(`virtual_router_id ${VRID}\n`);
      }
    }
    const held = await oneHolder(lab, blue.vip, blue.hosts);
    await oneHolder(lab, red.vip, red.hosts);
    const [ofRed, ofBlue] = await Promise.all(
      CLUSTERS.map(({ vip }) => startClient({ lab: lab.name, host: undefined, address: vip, port: 6443 })),
    );
    if (ofRed === undefined || ofBlue === undefined) return expect.fail('there are two clients');
    const began = Date.now();
    const moved = await strikeHolder(lab, ofRed, KEEPALIVED_KILLED);
    await sleep(1000);
    await Promise.all([ofRed.stop(), ofBlue.stop()]);
    expect(red.hosts).toContain(moved.after);
    expect(moved.after).not.toBe(moved.before);
    expect(longestSilence(ofBlue.answers, began, Date.now())?.milliseconds).toBeLessThan(400);
    expect(new Set(ofBlue.answers.map(({ from }) => from))).toEqual(new Set([held]));
  });
});
