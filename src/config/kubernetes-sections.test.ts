import { describe, expect, it } from 'vitest';
import { briefly, clusterText, configOf } from '../../test/support/config-of.ts';
import { redact } from '../core/redact.ts';
import { revealText } from '../core/secret.ts';

const INVENTORY =
  "control-plane: {hosts: {10.0.50.11: {}}}\nnode: {hosts: {10.0.50.21: {}}}\nall: {vars: {control_plane_endpoint: '10.0.50.20:6443'}}\n";
const SUBNETS = 'podSubnet: 192.168.0.0/16, serviceSubnet: 10.96.0.0/16';

function sectionOf(spec: string, environment?: Readonly<Record<string, string>>) {
  const config = configOf(clusterText(spec), INVENTORY, environment);
  const section = config.sections?.['node-runtime'];
  if (section === undefined || 'leaves' in section) throw new Error(briefly(config).join('\n'));
  return section;
}

describe('what is reached without a proxy', () => {
  const noProxy = (provider: string, own = '[]') =>
    sectionOf(
      `  kubernetes: {cloudProvider: {provider: ${provider}}, networking: {${SUBNETS}, noProxy: ${own}}}\n`,
    ).proxies.none.join(' ');
  const EVERYWHERE = [
    '127.0.0.1 localhost 10.0.50.20 192.168.0.0/16 10.96.0.0/16',
    'kubernetes kubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster kubernetes.default.svc.cluster.local',
    '.svc .svc.cluster .svc.cluster.local',
    '10.0.50.11 10.0.50.21',
  ].join(' ');

  it('is the cluster: the host itself, the API, subnets, Services and hosts', () => {
    expect(noProxy('none')).toBe(EVERYWHERE);
  });

  it('is on clouds the service that tells machines who they are', () => {
    expect(noProxy('aws')).toBe(`${EVERYWHERE} 169.254.169.254`);
    expect(noProxy('gcp')).toBe(`${EVERYWHERE} 169.254.169.254 metadata.google.internal`);
  });

  it('is what the user names, each once', () => {
    expect(noProxy('none', '[.corp.example, localhost]')).toBe(`${EVERYWHERE} .corp.example`);
  });
});

/** As cluster.yaml names a variable. */
const variable = (name: string) => `$\{${name}}`;

describe('passwords of cluster.yaml', () => {
  it('in the address of a proxy are secrets, also where the address is refused', () => {
    const { http } = sectionOf(
      `  kubernetes: {networking: {${SUBNETS}, httpProxy: 'http://me:hunter2hunter2@proxy:1'}}\n`,
    ).proxies;
    expect(String(http)).toMatch(/^\[secret /);
    expect(redact('it was hunter2hunter2, it was me:hunter2hunter2')).not.toContain('hunter2');
    configOf(clusterText("  kubernetes: {networking: {httpProxy: 'https://me:swordfish77@proxy:1'}}\n"));
    expect(redact('swordfish77')).not.toContain('swordfish77');
    const plain = sectionOf(`  kubernetes: {networking: {${SUBNETS}, httpProxy: 'http://proxy:1'}}\n`);
    expect(plain.proxies.http).toBe('http://proxy:1');
  });

  it('in containerd’s configuration are secrets', () => {
    const data = '[plugins.\\"io.containerd.grpc.v1.cri\\".registry.configs.x.auth]\\npassword = \\"correct-horse\\"';
    sectionOf(
      `  kubernetes: {networking: {${SUBNETS}}}\n  containerRuntime: {containerd: {configData: {data: "${data}"}}}\n`,
    );
    expect(redact('password = "correct-horse"')).not.toContain('correct-horse');
  });

  it('may stand in the environment, under the name that the file has', () => {
    const spec = (password: string) =>
      `  kubernetes: {networking: {${SUBNETS}}}\n  imageRegistries: [{server: a.example, username: me, password: '${password}'}]\n`;
    const password = (text: string) => sectionOf(spec(text), { REGISTRY_PASSWORD: 'pw$&$1' }).registries[0]?.password;
    expect(revealText(password(`${variable('REGISTRY_PASSWORD')}!`) ?? '')).toBe('pw$&$1!');
    expect(revealText(password(`$${variable('REGISTRY_PASSWORD')}`) ?? '')).toBe(variable('REGISTRY_PASSWORD'));
    expect(briefly(configOf(clusterText(spec(variable('NOT_THERE'))), INVENTORY))).toEqual([
      'error variable-unset cluster.yaml:5:65 spec.imageRegistries[0].password',
    ]);
  });
});

describe('fields of Konvoy that are read otherwise today', () => {
  it('kubeReserved as the text of a flag is read as a mapping, and a number as a quantity', () => {
    const text = configOf(clusterText("  kubernetes: {kubelet: {kubeReserved: 'cpu=200m,memory=1Gi'}}\n"));
    expect(briefly(text)).toEqual(['warning former-key cluster.yaml:4:26 spec.kubernetes.kubelet.kubeReserved']);
    expect(text.sections?.workers?.kubeReserved).toEqual({ cpu: '200m', memory: '1Gi' });
    const mapping = configOf(clusterText('  kubernetes: {kubelet: {kubeReserved: {cpu: 1, pid: 500}}}\n'));
    expect(mapping.sections?.workers?.kubeReserved).toEqual({ cpu: '1', pid: '500' });
    const wrong = configOf(clusterText('  kubernetes: {kubelet: {kubeReserved: {gpu: 1, memory: much}}}\n'));
    expect(wrong.diagnostics.map(({ message }) => message)).toEqual([
      'spec.kubernetes.kubelet.kubeReserved.gpu: the key is nothing that can be reserved',
      'spec.kubernetes.kubelet.kubeReserved.memory must be a quantity such as 200m or 1Gi',
    ]);
  });

  it('targetRamMB and containerd’s version are told to be ignored', () => {
    const spec =
      "  kubernetes: {apiserver: {targetRamMB: '512'}}\n  containerRuntime: {containerd: {version: 1.3.4}}\n";
    expect(briefly(configOf(clusterText(spec)))).toEqual([
      'warning former-key cluster.yaml:4:28 spec.kubernetes.apiserver.targetRamMB',
      'warning former-key cluster.yaml:5:35 spec.containerRuntime.containerd.version',
    ]);
  });
});
