import { expect, test } from 'vitest';
import { CONTRACT_SCRIPTS, hostContract } from '../contract/host-contract.ts';
import { FakeConnections, FakeHost, output } from '../support/fake-host.ts';

hostContract('fake', async () => {
  const host = new FakeHost('10.0.50.11').on('sh', ([, , script]) => {
    if (script === CONTRACT_SCRIPTS.bothOutputs) return output('out\n', 3, 'err\n');
    return output('', 9, 'no\n');
  });
  host.files.makeFolder('/etc/contract');
  return { host, folder: '/etc/contract', kill: () => host.dieAfter(0), end: async () => {} };
});

test('a fake host writes down every write and no question', async () => {
  const host = new FakeHost('10.0.50.11');
  await host.query([['cat', '/etc/hosts']]);
  await host.run(['mkdir', '-p', '/etc/keepalived']);
  await host.writeFile('/etc/keepalived/keepalived.conf', 'x', { mode: 0o600 });
  expect(host.journal.map(({ is }) => is)).toEqual(['run', 'writeFile']);
});

test('a fake host does not let a question write', async () => {
  const host = new FakeHost('10.0.50.11');
  await expect(host.query([['mkdir', '/etc/new']])).rejects.toThrow('a query wrote');
});

test('a fake disk can be full', async () => {
  const host = new FakeHost('10.0.50.11');
  host.files.refuseWrites('/etc', 'No space left on device');
  await expect(host.writeFile('/etc/a', 'x', { mode: 0o644 })).rejects.toThrow('No space left on device');
  expect(host.files.files()).toEqual([]);
});

test('a fake connection lets go of the lock when it is closed', async () => {
  const host = new FakeHost('10.0.50.11');
  const connections = new FakeConnections([host]);
  await (await connections.writer('10.0.50.11')).lock('alice@laptop');
  expect(host.locked).toBe(true);
  await connections.close();
  expect(host.locked).toBe(false);
});
