import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectClearFailure } from '../support/clear-failure.ts';
import { firewallFolder, rewrite, withoutHosts } from '../support/firewall-folder.ts';
import { assertOk, describeAsRoot, FRESH, type Lab, type Outcome, sharedLab } from '../support/lab.ts';

const PASSWORD = 'correct-horse-7';

describeAsRoot('a way in that does not work', () => {
  let lab: Lab;
  let folder: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const rules = async (host: string) => (await lab.onHost(host, 'iptables', '-S', 'INPUT')).match(/Konvoy: /g)?.length;
  /** Says something about one host in the inventory. */
  const ofWorker1 = (name: string, ...lines: readonly string[]) =>
    rewrite(
      folder,
      'inventory.yaml',
      (text) =>
        text.replace(
          /( {6})ansible_host: 10\.0\.50\.21\n/,
          (all, indent) => `${all}${lines.map((line) => `${indent}${line}\n`).join('')}`,
        ),
      `${name}.yaml`,
    );

  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    folder = await firewallFolder(lab);
    const addUsers = [
      'set -e',
      'for user in plain asked; do',
      'useradd -m -s /bin/bash $user; echo "$user:$1" | chpasswd',
      'mkdir ~$user/.ssh 2>/dev/null || mkdir /home/$user/.ssh',
      'cp /home/konvoy/.ssh/authorized_keys /home/$user/.ssh/; chown -R $user /home/$user/.ssh',
      'done',
      'echo "asked ALL=(ALL) ALL" >/etc/sudoers.d/asked',
    ].join('\n');
    await lab.onHost('worker1', 'sh', '-c', addUsers, 'sh', PASSWORD);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'stranger')]);
    ofWorker1('wrong-key', 'ansible_ssh_private_key_file: stranger');
    ofWorker1('wrong-user', 'ansible_user: nobody-here');
    ofWorker1('no-sudo', 'ansible_user: plain', `ansible_become_password: ${PASSWORD}`);
    ofWorker1('no-password', 'ansible_user: asked');
    ofWorker1('wrong-password', 'ansible_user: asked', 'ansible_become_password: wrong-horse-9');
    ofWorker1('password', 'ansible_user: asked', `ansible_become_password: ${PASSWORD}`);
    ofWorker1('changed-key', 'ansible_ssh_common_args: -o UserKnownHostsFile=changed_hosts');
    const otherKey = readFileSync(join(folder, 'stranger.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    rewrite(folder, 'known_hosts', (text) => text.replace(/^(10\.0\.50\.21) .*$/m, `$1 ${otherKey}`), 'changed_hosts');
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  describe.each(['ssh2', 'openssh'])('%s', (client) => {
    test.each([
      ['wrong-key', /10\.0\.50\.21: .*(accepts none of our keys for user konvoy|konvoy@.*denied)/, /public key/],
      ['wrong-user', /10\.0\.50\.21: .*(user nobody-here|nobody-here@10\.0\.50\.21)/, /ansible_user/],
      ['no-sudo', /10\.0\.50\.21: user plain may not use sudo/, /sudoers\.d/],
      ['no-password', /10\.0\.50\.21: sudo wants a password for user asked/, /--ask-become-pass/],
      ['wrong-password', /10\.0\.50\.21: sudo refused the password of user asked/, /ansible_become_password/],
      ['changed-key', /10\.0\.50\.21: .*(not the one that is known|has changed)/, /ssh-keygen -R/],
    ])('says so, what to do, and touches nothing: %s', async (name, says, hint) => {
      const outcome = await konvoy(
        'deploy',
        'hosts',
        '--yes',
        '--ssh',
        client,
        '--limit',
        '10.0.50.21',
        '--inventory',
        `${name}.yaml`,
      );
      expectClearFailure(outcome, { exit: 1, says, hint });
      expect(outcome.stdout + outcome.stderr).not.toMatch(/horse/);
      expect(await rules('worker1')).toBeUndefined();
    });
  });

  test('a sudo user with a password does everything, and the password is nowhere to be read', async () => {
    const seen = new Set<string>();
    let ended = false;
    const run = konvoy(
      'deploy',
      'hosts',
      '--yes',
      '--verbose',
      '--limit',
      '10.0.50.21',
      '--inventory',
      'password.yaml',
    );
    const watch = async () => {
      const argv = ['sh', '-c', 'i=0; while [ $i -lt 20 ]; do ps -eo args; i=$((i+1)); sleep 0.05; done'];
      while (!ended) seen.add((await lab.host('worker1', argv)).stdout);
    };
    const local = async () => {
      while (!ended) seen.add(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }));
    };
    const watching = watch();
    const outcome = await run.finally(() => {
      ended = true;
    });
    await Promise.all([watching, local()]);
    assertOk(outcome);
    const again = await konvoy(
      'deploy',
      'hosts',
      '--yes',
      '--output',
      'json',
      '--limit',
      '10.0.50.21',
      '--inventory',
      'password.yaml',
    );
    expect(JSON.parse(assertOk(again).stdout)).toMatchObject({ ok: true, changes: [] });
    const journal = await lab.onHost('worker1', 'journalctl', '--no-pager', '--quiet');
    const logs = readdirSync(join(folder, 'runs')).map((name) => {
      expect(statSync(join(folder, 'runs', name)).mode & 0o777).toBe(0o600);
      return readFileSync(join(folder, 'runs', name), 'utf8');
    });
    expect([...seen].join('\n')).toContain('sudo -H -S');
    for (const text of [...seen, journal, ...logs, outcome.stdout, outcome.stderr, again.stdout, again.stderr]) {
      expect(text).not.toContain(PASSWORD);
    }
  });

  test('an unreachable host is reported, the rest is done, and a later run completes', async () => {
    assertOk(await lab.lab('stop', 'worker2'));
    const outcome = await konvoy('deploy', 'hosts', '--yes');
    expectClearFailure(outcome, { exit: 1, says: /unreachable: \[10\.0\.50\.22\]/, hint: /run the same again/ });
    expect(outcome.stdout).toContain('10.0.50.22 : changed=0 unreachable=1 failed=0');
    expect(outcome.stdout).toContain('10.0.50.11 : changed=5 unreachable=0 failed=0');
    assertOk(await lab.lab('start', 'worker2'));
    assertOk(await konvoy('deploy', 'hosts', '--yes'));
    expect(await rules('worker2')).toBeGreaterThan(12);
    expect((await konvoy('plan', '--until', 'hosts', '--exit-code')).exit).toBe(0);
  });

  describe('hosts that only a bastion reaches', () => {
    const only = ['INPUT', '-p', 'tcp', '--dport', '22', '!', '-s', '10.0.50.22', '-j', 'REJECT'];
    const behind = ['cp1', 'worker1'];
    const accepted = async (host: string) =>
      (await lab.onHost(host, 'journalctl', '-u', 'ssh', '--no-pager', '--quiet')).match(/Accepted .* from \S+/g) ?? [];

    beforeAll(async () => {
      const group =
        'bastion:\n  hosts:\n    10.0.50.98: {ansible_host: 10.0.50.22, ansible_port: 1}\n    10.0.50.99: {ansible_host: 10.0.50.22, ansible_port: 2}\n    10.0.50.22: {}';
      const toBastion = (text: string) => withoutHosts(text, '10.0.50.22').replace('bastion: {}', group);
      rewrite(folder, 'inventory.yaml', toBastion, 'bastion.yaml');
      for (const host of behind) await lab.onHost(host, 'iptables', '-I', ...only);
    });
    afterAll(async () => {
      for (const host of behind) await lab.onHost(host, 'iptables', '-D', ...only);
    });

    test('cannot be reached directly', async () => {
      const outcome = await konvoy('plan', '--until', 'hosts', '--limit', '10.0.50.11');
      expect(outcome.stderr).toContain('10.0.50.11 port 22 refuses the connection');
      expect(outcome.exit).toBe(1);
    });

    test.each(['ssh2', 'openssh'])('are set up through it by %s, past bastions that are down', async (client) => {
      for (const host of behind) await lab.onHost(host, 'rm', '-f', '/usr/local/lib/konvoy/firewall');
      const before = (await accepted('worker1')).length;
      const outcome: Outcome = await konvoy('deploy', 'hosts', '--yes', '--ssh', client, '--inventory', 'bastion.yaml');
      assertOk(outcome);
      expect(outcome.stdout).not.toContain('10.0.50.22 : ');
      const logins = (await accepted('worker1')).slice(before);
      expect(logins.length).toBeGreaterThan(0);
      for (const login of logins) expect(login).toMatch(/from 10\.0\.50\.22$/);
      expect(
        (await konvoy('plan', '--until', 'hosts', '--exit-code', '--ssh', client, '--inventory', 'bastion.yaml')).exit,
      ).toBe(0);
    });
  });
});
