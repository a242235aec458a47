import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { dnsAnswer } from '../../src/facts/dns-answer.ts';
import { expectClearFailure } from '../support/clear-failure.ts';
import { kubectl, labFrom, NETWORK } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { writeKubernetes } from '../support/network-configs.ts';
import { expectNothingToDo, systemText } from '../support/user-edits.ts';

const SYSTEM = '--namespace=kube-system';
/** kubeadm gives it the tenth address of the lab's serviceSubnet. */
const DNS_SERVICE = '10.0.51.10';

describeAsRoot('names, kube-proxy’s text and manifests of the user', () => {
  let lab: Lab;
  let folder: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const nothingToDo = () => expectNothingToDo(lab, folder);
  const corefile = () => systemText(lab, folder, 'coredns', 'Corefile');
  const proxyText = () => systemText(lab, folder, 'kube-proxy', 'config.conf');

  beforeAll(async () => {
    lab = await labFrom(NETWORK);
    folder = await lab.copyFolder();
  }, 900_000);

  test('spec.kubernetes.dns stands beside the user’s own edits of the Corefile, and names are answered', async () => {
    const text = (await corefile().read()).replace('    loop\n', '    # mine\n    loop\n');
    await corefile().write(`${text}\n`);
    assertOk(await konvoy('up', '--yes'));
    await nothingToDo();
    await writeKubernetes(lab, folder, [
      ['dns'],
      { hosts: [{ address: '10.0.50.99', names: ['printer.example.org'] }], replicas: 3 },
    ]);
    expect((await konvoy('plan')).stdout).toMatch(/\+ *printer\.example\.org:53 \{/);
    assertOk(await konvoy('up', '--yes'));
    await nothingToDo();
    const question = { server: DNS_SERVICE, port: 53, name: 'printer.example.org' };
    for (let time = 0; time < 6; time += 1) {
      const said = await lab.host('worker1', dnsAnswer.command(question));
      expect(dnsAnswer.parse(said, question)).toEqual({ code: 0, addresses: ['10.0.50.99'] });
    }
    expect(await corefile().read()).toContain('    # mine\n    loop\n');
    await writeKubernetes(lab, folder);
    assertOk(await konvoy('up', '--yes'));
    expect((await corefile().read()).trim()).toBe(text.trim());
    await nothingToDo();
  });

  test('a misspelt field is told with its place, and a text that cannot be read stops a run', async () => {
    const text = await proxyText().read();
    await proxyText().write(text.replace('strictARP:', 'strictArp:'));
    const said = /config\.conf:\d+:\d+: ipvs\.strictArp is no field of KubeProxyConfiguration/;
    expect((await konvoy('plan')).stdout).toMatch(said);
    expect((await konvoy('check', 'kubernetes')).stdout).toMatch(said);
    await proxyText().write('mode: [');
    expectClearFailure(await konvoy('up', '--yes'), {
      exit: 1,
      says: /config\.conf:1:\d+/,
      hint: /edit configmap kube-proxy/,
    });
    await proxyText().write(text);
    // Nobody noted yet what the pods of a new cluster started from: that the text is the same again cannot be seen.
    assertOk(await konvoy('up', '--yes'));
    await nothingToDo();
  });

  test('manifests in extras/kubernetes are applied, mended, and go with their file', async () => {
    const extras = join(folder, 'extras', 'kubernetes');
    mkdirSync(extras, { recursive: true });
    const manifest = (object: object) => `---\n${JSON.stringify(object)}\n`;
    const settings = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'shop' },
      data: { color: 'red' },
    };
    const unnamed = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'in-default' }, data: { a: 'b' } };
    const shop = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
    writeFileSync(join(extras, 'a.yaml'), manifest(settings) + manifest(unnamed));
    writeFileSync(join(extras, 'b.yaml'), manifest(shop));
    assertOk(await konvoy('up', '--yes'));
    await nothingToDo();
    const color = () =>
      kubectl(lab, folder, '--namespace=shop', 'get', 'configmap', 'settings', '--output=jsonpath={.data.color}');
    expect(await color()).toBe('red');
    await kubectl(
      lab,
      folder,
      '--namespace=shop',
      'patch',
      'configmap',
      'settings',
      '--patch={"data":{"color":"blue","mine":"kept"}}',
    );
    const drifted = await konvoy('plan', '--exit-code');
    expect(drifted.exit).toBe(1);
    expect(drifted.stdout).toMatch(/others manage fields .*kubectl-patch/);
    await kubectl(lab, folder, '--namespace=shop', 'delete', 'configmap', 'settings');
    assertOk(await konvoy('up', '--yes'));
    expect(await color()).toBe('red');
    rmSync(join(extras, 'a.yaml'));
    assertOk(await konvoy('up', '--yes'));
    expect(
      await kubectl(
        lab,
        folder,
        'get',
        'configmaps',
        '--all-namespaces',
        '--selector=konvoy.mesosphere.com/component=extras',
        '--output=name',
      ),
    ).toBe('configmap/konvoy-extras');
    rmSync(extras, { recursive: true });
    assertOk(await konvoy('up', '--yes'));
    await nothingToDo();
    expect(
      (
        await lab.seat(['kubectl', '--kubeconfig=admin.conf', SYSTEM, 'get', 'configmap', 'konvoy-extras'], {
          cwd: folder,
        })
      ).exit,
    ).toBe(1);
  });
});
