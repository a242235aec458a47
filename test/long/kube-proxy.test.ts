import { beforeAll, describe, expect, test } from 'vitest';
import { expectClearFailure } from '../support/clear-failure.ts';
import { labFrom, NETWORK } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { writeKubernetes } from '../support/network-configs.ts';
import { expectNothingToDo } from '../support/user-edits.ts';

/** kubeadm gives it the first address of the lab's serviceSubnet. */
const API_SERVICE = '10.0.51.1';
/** Every lab has these. */
const HOSTS = ['cp1', 'worker1', 'worker2'] as const;
/** Milliseconds without a new connection while the mode changes: a node's kube-proxy starts anew and writes all its rules. */
const LONGEST_GAP_MS = 8000;

const STOP = '/run/connect-stop';
/** Makes a new connection every 50 ms, and prints the time in milliseconds for each that stands within half a second. */
const CONNECT = [
  `rm -f ${STOP}`,
  `while [ ! -e ${STOP} ]; do timeout 0.5 bash -c 'exec 3<>"/dev/tcp/$1/$2"' sh "$1" "$2" 2>/dev/null && echo "ok $(date +%s%3N)" || echo "no $(date +%s%3N)"; sleep 0.05; done`,
].join('; ');

/** New connections from a host to a Service until `stop`, which says what came of them. */
function connecting(lab: Lab, host: string) {
  const run = lab.host(host, ['bash', '-c', CONNECT, 'bash', API_SERVICE, '443']);
  return {
    async stop() {
      await lab.onHost(host, 'touch', STOP);
      const lines = (await run).stdout.split('\n').map((line) => line.split(' '));
      const good = lines.filter(([word]) => word === 'ok').map(([, time]) => Number(time));
      const longestGapMs = Math.max(...good.map((time, index) => time - (good[index - 1] ?? time)));
      return { host, sent: lines.length, lost: lines.length - good.length, longestGapMs };
    },
  };
}

describeAsRoot('kube-proxy on a real cluster', () => {
  let lab: Lab;
  let folder: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const nothingToDo = () => expectNothingToDo(lab, folder);

  beforeAll(async () => {
    lab = await labFrom(NETWORK);
    folder = await lab.copyFolder();
  }, 900_000);

  describe('the mode of kube-proxy', () => {
    const change = async (mode: string) => {
      await writeKubernetes(lab, folder, [['networking', 'kubeProxy', 'mode'], mode]);
      expectClearFailure(await konvoy('up', '--yes'), { exit: 1, says: /changes-proxy-mode/, hint: /--accept/ });
      const loops = HOSTS.map((host) => connecting(lab, host));
      const began = performance.now();
      const outcome = await konvoy('up', '--yes', '--accept', 'changes-proxy-mode');
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      for (const { host, sent, lost, longestGapMs } of await Promise.all(loops.map((loop) => loop.stop()))) {
        console.info(
          `to ${mode} in ${seconds} s: ${host} to a Service: ${lost} of ${sent} failed, longest gap ${longestGapMs} ms`,
        );
        expect(sent).toBeGreaterThan(50);
        expect(longestGapMs).toBeLessThan(LONGEST_GAP_MS);
      }
      assertOk(outcome);
      await nothingToDo();
      const verified = assertOk(await konvoy('verify')).stdout;
      console.info(
        verified
          .split('\n')
          .filter((line) => /Service|node port|passed/.test(line))
          .join('\n'),
      );
      expect(verified).toMatch(
        mode === 'nftables'
          ? /virtual address answers at the node port +\[SKIPPED\] with nftables/
          : /virtual address answers at the node port +\[OK\]/,
      );
    };
    /** Chains of iptables for Services, and the tables of nftables, on a host. */
    const rulesOn = (host: string) =>
      lab.onHost(
        host,
        'sh',
        '-c',
        'iptables-save | grep -cE "^:KUBE-(SVC|SEP|SERVICES|PROXY)"; nft list tables | grep kube-proxy; iptables-save | grep -c "^:KUBE-KUBELET-CANARY"; true',
      );

    test('changes to nftables with Services answering, and its old rules go', async () => {
      await change('nftables');
      for (const host of HOSTS)
        expect(await rulesOn(host)).toMatch(/^0\ntable ip kube-proxy\n(table ip6 kube-proxy\n)?[1-9]/);
    });

    test('changes back to iptables in the same way', async () => {
      await change('iptables');
      for (const host of HOSTS) expect(await rulesOn(host)).toMatch(/^[1-9]\d+\n[1-9]/);
    });
  });
});
