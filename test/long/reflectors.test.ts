import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { printTable } from '../../bench/measure.ts';
import { writeDnsQuestion } from '../../src/facts/dns-answer.ts';
import { startRun } from '../support/background-run.ts';
import { kubectl } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { meshLab } from '../support/network-configs.ts';
import { printPings, whilePinging } from '../support/pings.ts';

/** They never reflect routes, and are not the host of the pod. */
const CLIENTS = ['cp1', 'worker1'] as const;
/** They reflect, both in konvoy's order and in the one by hand. */
const REFLECTORS = ['10.0.50.22', '10.0.50.23'] as const;
/** Milliseconds without an answer that no missing route explains: six nodes share few cores. */
const HICCUP_MS = 100;
const ACCEPT = ['--accept', 'rebuilds-bgp-routes'] as const;

const BGP = 'crd.projectcalico.org/v1';
const mesh = (isOn: boolean) => ({
  apiVersion: BGP,
  kind: 'BGPConfiguration',
  metadata: { name: 'default' },
  spec: { nodeToNodeMeshEnabled: isOn, asNumber: 64512 },
});
const PEERS_BY_HAND = {
  apiVersion: BGP,
  kind: 'BGPPeer',
  metadata: { name: 'by-hand' },
  spec: { nodeSelector: 'all()', peerSelector: "by-hand == 'reflector'" },
};

/**
 * Asks CoreDNS at `$1` for name `$3` over one TCP connection, `$2` times, once a second, and prints what went wrong. A name
 * over TCP begins with its length (RFC 1035, 4.2.2), so the first byte of an answer is a zero: it ends `read -d ""`.
 */
const HELD = [
  'exec 3<>"/dev/tcp/$1/53" || exit 1',
  'for i in $(seq "$2"); do',
  '  printf "$3" >&3 || { echo "question $i: the connection is gone"; exit 1; }',
  '  read -r -t 5 -n 1 -d "" -u 3 answer || { echo "question $i: no answer for 5 s"; exit 1; }',
  '  sleep 1; timeout 0.1 cat <&3 >/dev/null; :',
  'done',
].join('\n');

describeAsRoot('route reflectors and what befalls them', () => {
  let lab: Lab;
  let folder: string;
  let pod: string;
  let reflecting: readonly string[];
  const rows: string[][] = [];
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const apply = async (object: object) => {
    writeFileSync(join(folder, 'by-hand.json'), JSON.stringify(object));
    await kubectl(lab, folder, 'apply', '--filename=by-hand.json');
  };

  /** Does something while packets travel; says how long each client was cut off, in milliseconds, and keeps a row. */
  const lossOf = async <T>(what: string, act: () => Promise<T>): Promise<{ gaps: readonly number[]; result: T }> => {
    const { result, seconds, pings } = await whilePinging(lab, [...CLIENTS, 'worker3'], pod, act);
    rows.push([what, `${seconds.toFixed(0)} s`, ...pings.map(printPings)]);
    return { gaps: pings.slice(0, CLIENTS.length).map(({ longestGapMs }) => longestGapMs), result };
  };

  beforeAll(async () => {
    ({ lab, folder, pod, reflecting } = await meshLab());
  }, 900_000);

  afterAll(() => {
    printTable(['Change', 'took', ...CLIENTS.map((host) => `${host}, lost (longest gap)`), 'worker3, reflects'], rows);
  });

  test('the order that takes the mesh away first cuts everybody off', async () => {
    const { gaps } = await lossOf('mesh off, peers, reflectors (as kubespray does)', async () => {
      await apply(mesh(false));
      await apply(PEERS_BY_HAND);
      for (const node of REFLECTORS) {
        await kubectl(lab, folder, 'label', 'node', node, 'by-hand=reflector');
        await kubectl(lab, folder, 'annotate', 'node', node, 'projectcalico.org/RouteReflectorClusterID=244.0.0.1');
      }
      await sleep(20_000);
    });
    expect(Math.max(...gaps)).toBeGreaterThan(1000);
    await apply(mesh(true));
    for (const node of REFLECTORS) {
      await kubectl(lab, folder, 'annotate', 'node', node, 'projectcalico.org/RouteReflectorClusterID-');
      await kubectl(lab, folder, 'label', 'node', node, 'by-hand-');
    }
    await kubectl(lab, folder, 'delete', 'bgppeers.crd.projectcalico.org', 'by-hand');
    await sleep(10_000);
    expect(assertOk(await konvoy('check', 'kubernetes', '--config', 'none.yaml')).stdout).toContain('a mesh between');
  });

  test('a run that is killed half-way loses nobody a packet, and the next one ends what it began', async () => {
    const { gaps } = await lossOf('konvoy, killed when the first node reflects, and run again', async () => {
      const run = await startRun(lab, folder, ['up', '--yes', ...reflecting, ...ACCEPT]);
      await run.seen('10.0.50.22 becomes a route reflector', 1, 240);
      expect(run.kill('SIGKILL')).toBe(true);
      await run.outcome;
      assertOk(await konvoy('up', '--yes', ...reflecting, ...ACCEPT));
    });
    for (const gap of gaps) expect(gap).toBeLessThanOrEqual(HICCUP_MS);
    expect((await konvoy('plan', '--exit-code', ...reflecting)).exit).toBe(0);
    expect(assertOk(await konvoy('check', 'kubernetes', ...reflecting)).stdout).toContain('2 route reflectors');
  });

  test('the host of a reflector dies: routes stay, and a connection of the others goes on', async () => {
    // Reflectors keep other pods off: those of CoreDNS may be on their way to other nodes.
    await kubectl(lab, folder, '--namespace=kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=120s');
    const selector = '--selector=k8s-app=kube-dns';
    const fields = '--output=jsonpath={range .items[*]}{.spec.nodeName} {.status.podIP}{"\\n"}{end}';
    const pods = await kubectl(lab, folder, '--namespace=kube-system', 'get', 'pods', selector, fields);
    const [, server] = /^(?!10\.0\.50\.11 |10\.0\.50\.23 )\S+ ([0-9.]+)$/m.exec(pods) ?? [];
    if (server === undefined) throw new Error(`no pod of CoreDNS on another node: ${pods}`);
    const question = writeDnsQuestion('kubernetes.default.svc.cluster.local');
    const bytes = [0, question.length, ...question].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
    const { gaps, result: held } = await lossOf('the host of a reflector killed', async () => {
      const connection = lab.host('cp1', ['bash', '-c', HELD, 'bash', server, '30', bytes]);
      await sleep(5000);
      assertOk(await lab.lab('kill', 'worker3', '--stay-down'));
      return await connection;
    });
    expect(`${held.stdout}${held.stderr}`).toBe('');
    expect(held.exit).toBe(0);
    for (const gap of gaps) expect(gap).toBeLessThanOrEqual(HICCUP_MS);
    // The node's controller waits 50 s for a kubelet.
    await kubectl(lab, folder, 'wait', '--for=condition=Ready=Unknown', '--timeout=120s', 'node/10.0.50.23');
    const checked = await konvoy('check', 'kubernetes', ...reflecting);
    expect(checked.stdout).toMatch(/only 1 of them is ready/);
    assertOk(await lab.lab('start', 'worker3'));
  });

  test('and back: a mesh again, with a run that is killed when it has come', async () => {
    const args = ['--config', 'none.yaml', ...ACCEPT, '--accept', 'drops-last-route-reflector'];
    await kubectl(lab, folder, 'wait', '--for=condition=Ready', '--timeout=180s', 'node/10.0.50.23');
    const { gaps } = await lossOf('konvoy, back to the mesh, killed when it is there, and run again', async () => {
      const run = await startRun(lab, folder, ['up', '--yes', ...args]);
      await run.seen('the mesh between all nodes comes back', 1, 240);
      expect(run.kill('SIGKILL')).toBe(true);
      await run.outcome;
      assertOk(await konvoy('up', '--yes', ...args));
    });
    for (const gap of gaps) expect(gap).toBeLessThanOrEqual(HICCUP_MS);
    expect((await konvoy('plan', '--exit-code', '--config', 'none.yaml')).exit).toBe(0);
  });
});
