import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runKonvoy } from '../support/cli-run.ts';
import { HEAD } from '../support/config-of.ts';

const INVENTORY = 'control-plane:\n  hosts:\n    10.0.64.11: {}\n';
const AWS = `kind: ClusterProvisioner\napiVersion: konvoy.mesosphere.io/v1beta2\nspec:\n  provider: aws\n  aws:\n    elb:\n      internal: true\n`;

function folderWith(cluster: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'konvoy-cloud-'));
  writeFileSync(join(folder, 'cluster.yaml'), cluster);
  writeFileSync(join(folder, 'inventory.yaml'), INVENTORY);
  return folder;
}

describe('what speaks to a cloud', () => {
  it.each([['provision'], ['down', '--confirm', 'konvoy'], ['render', 'aws', '--format', 'terraform']])(
    'says where there is none: %s',
    async (...argv) => {
      const { code, stderr } = await runKonvoy(argv, { cwd: folderWith(HEAD) });
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringContaining('the provider of this cluster is none'),
      });
    },
  );

  it('refuses an address that is no URL', async () => {
    const { code } = await runKonvoy(['provision', '--endpoint-url', 'localhost:5000'], { cwd: folderWith(HEAD) });
    expect(code).toBe(2);
  });
});

describe('konvoy render aws', () => {
  it('prints a file for Terraform, and one only', async () => {
    const cwd = folderWith(`${AWS}      subnetIDs: [subnet-0a1b]\n---\n${HEAD}`);
    const { code, stdout, stderr } = await runKonvoy(['render', 'aws', '--format', 'terraform'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout).resource.aws_lb.api).toMatchObject({ load_balancer_type: 'network', internal: true });
  });

  it('wants to know the subnets, and the format', async () => {
    const cwd = folderWith(`${AWS}---\n${HEAD}`);
    const without = await runKonvoy(['render', 'aws', '--format', 'terraform'], { cwd });
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('spec.aws.elb.subnetIDs')]);
    const plain = await runKonvoy(['render', 'aws'], { cwd });
    expect([plain.code, plain.stderr]).toEqual([2, expect.stringContaining('--format terraform')]);
  });
});
