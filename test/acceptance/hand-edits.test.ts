import { beforeAll, describe, expect, test } from 'vitest';
import { dnsAnswer } from '../../src/facts/dns-answer.ts';
import { networkLab } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { expectNothingToDo, systemText } from '../support/user-edits.ts';

/** kubeadm gives it the tenth address of the lab's serviceSubnet. */
const DNS_SERVICE = '10.0.51.10';
/** Every lab has these. */
const HOSTS = ['cp1', 'worker1', 'worker2'] as const;

describeAsRoot('what a user changes by hand, and what konvoy makes of it', () => {
  let lab: Lab;
  let folder: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const nothingToDo = () => expectNothingToDo(lab, folder);
  const corefile = () => systemText(lab, folder, 'coredns', 'Corefile');
  const proxyText = () => systemText(lab, folder, 'kube-proxy', 'config.conf');

  beforeAll(async () => {
    lab = await networkLab();
    folder = await lab.copyFolder();
  }, 600_000);

  describe('the two edits of the documentation, made by hand', () => {
    test('of the ConfigMap kube-proxy: it is taken to the pods, survives, and then there is nothing to do', {
      timeout: 300_000,
    }, async () => {
      const text = (await proxyText().read()).replace(
        'metricsBindAddress: ""',
        'metricsBindAddress: 0.0.0.0:10249 # mine',
      );
      await proxyText().write(text);
      const plan = await konvoy('plan', '--exit-code');
      expect(plan.exit).toBe(4);
      expect(plan.stdout).toMatch(/restart .*kube-proxy/);
      assertOk(await konvoy('up', '--yes'));
      expect(await proxyText().read()).toBe(text);
      await nothingToDo();
      for (const host of HOSTS) {
        // It listens at every address now, which is what the edit asks for.
        expect(await lab.onHost(host, 'sh', '-c', 'ss -Hltn "sport = :10249"')).toMatch(/(\*|0\.0\.0\.0):10249/);
      }
    });

    test('of the ConfigMap coredns: it survives, and names are answered', { timeout: 300_000 }, async () => {
      const text = (await corefile().read()).replace('    loop\n', '    # mine\n    loop\n');
      await corefile().write(text);
      assertOk(await konvoy('up', '--yes'));
      await nothingToDo();
      expect(await corefile().read()).toBe(text);
      const question = { server: DNS_SERVICE, port: 53, name: 'kubernetes.default.svc.cluster.local' };
      expect(dnsAnswer.parse(await lab.host('worker1', dnsAnswer.command(question)), question)).toMatchObject({
        code: 0,
      });
    });
  });
});
