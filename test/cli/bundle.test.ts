import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openBundle } from '../../src/bundle/open-bundle.ts';
import { runKonvoy } from '../support/cli-run.ts';
import { smallBundle } from '../support/small-bundle.ts';

const cwd = tmpdir();
const bundle = (verb: string, folder: string, ...more: string[]) =>
  runKonvoy(['bundle', verb, '--bundle', folder, ...more], { cwd });

describe('konvoy bundle list', () => {
  it('prints name, version, size, sha256, licence and origin of every part, and the digest', async () => {
    const folder = await smallBundle();
    const { digest, parts } = await openBundle(folder);
    const { code, stdout } = await bundle('list', folder);
    expect(code).toBe(0);
    for (const { name, version, sha256 } of parts) expect(stdout).toMatch(new RegExp(`${name} ${version} .*${sha256}`));
    expect(stdout).toContain('13 B');
    expect(stdout).toContain('Apache-2.0; a test');
    expect(stdout).toContain(`digest ${digest}`);
  });

  it('prints the same as JSON', async () => {
    const folder = await smallBundle();
    const { digest, parts } = await openBundle(folder);
    const { stdout } = await bundle('list', folder, '--output', 'json');
    expect(JSON.parse(stdout)).toEqual({ ok: true, folder, digest, parts });
  });
});

describe('konvoy bundle verify', () => {
  it('ends with 0 for a whole bundle, and says that its index vouches for itself only', async () => {
    const folder = await smallBundle();
    const { digest } = await openBundle(folder);
    const alone = await bundle('verify', folder);
    expect(alone).toMatchObject({ code: 0, stdout: expect.stringContaining('all 3 parts') });
    expect(alone.stderr).toContain('--bundle-digest');
    expect(await bundle('verify', folder, '--bundle-digest', digest)).toMatchObject({ code: 0, stderr: '' });
  });

  it('finds a changed byte, a missing file and one too many, and ends with 5', async () => {
    const folder = await smallBundle();
    await writeFile(join(folder, 'bin/helm'), 'second progrbm');
    await rm(join(folder, 'bin/kubeadm'));
    await writeFile(join(folder, 'packages/foreign.deb'), 'x');
    const { code, stdout } = await bundle('verify', folder, '--output', 'json');
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      problems: [
        'bin/helm was changed: its sha256 is another one',
        'bin/kubeadm is missing',
        'packages/foreign.deb is not in bundle.json',
      ],
    });
  });
});

describe('a bundle that is none', () => {
  const refused = async (folder: string, text: string, ...more: string[]) => {
    for (const verb of ['list', 'verify']) {
      const { code, stdout, stderr } = await bundle(verb, folder, ...more);
      expect({ verb, code, stdout }).toEqual({ verb, code: 1, stdout: '' });
      expect(stderr).toContain(text);
      expect(stderr).toContain('hint: ');
    }
  };

  it('is refused without bundle.json', async () => {
    await refused(await mkdtemp(join(tmpdir(), 'konvoy-none-')), 'has no bundle.json');
  });

  it('is refused with one that is no JSON, or of another shape', async () => {
    const folder = await smallBundle();
    await writeFile(join(folder, 'bundle.json'), '{"version": 2, "parts": [');
    await refused(folder, 'is not JSON');
    await writeFile(join(folder, 'bundle.json'), '{"version": 7, "parts": {}}');
    await refused(folder, 'is no index of a bundle');
  });

  it('is refused where its index names a file outside', async () => {
    await refused(await smallBundle([{ name: 'x', file: 'bin/../../escaped', data: '' }]), 'no plain path');
  });

  it('is refused with another digest than the one that is given', async () => {
    await refused(await smallBundle(), '--bundle-digest names', '--bundle-digest', `sha256:${'0'.repeat(64)}`);
  });

  it('is refused where everybody may write', async () => {
    const folder = await smallBundle();
    await chmod(folder, 0o777);
    await refused(folder, 'can be written by everybody');
  });

  it('is a wrong command line where there is no folder, no name or no digest', async () => {
    for (const line of [
      'bundle list --bundle no-such-folder',
      'bundle verify',
      'bundle list --bundle . --bundle-digest 1234',
      'bundle build',
    ]) {
      expect({ line, code: (await runKonvoy(line.split(' '), { cwd })).code }).toEqual({ line, code: 2 });
    }
  });
});
