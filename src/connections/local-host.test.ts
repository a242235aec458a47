import { expect, test } from 'vitest';
import { LocalHost } from './local-host.ts';

const local = new LocalHost({ PATH: '/usr/bin:/bin', KEPT: 'yes' });

test('the deployer answers as the current user, in the C locale', async () => {
  const [env, missing, failing] = await local.query([
    ['env'],
    ['konvoy-no-such-command'],
    ['sh', '-c', 'printf x; exit 3'],
  ]);
  expect(env?.stdout).toContain('LC_ALL=C\n');
  expect(env?.stdout).toContain('KEPT=yes\n');
  expect(missing).toMatchObject({ exit: 127, stdout: '' });
  expect(failing).toEqual({ exit: 3, stdout: 'x', stderr: '' });
});

test('a signal shows as 128 and its number', async () => {
  expect((await local.query([['sh', '-c', 'kill -TERM $$']]))[0]?.exit).toBe(143);
});
