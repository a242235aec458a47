import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRun } from '../support/background-run.ts';
import { assertOk, describeAsRoot, FRESH, type Lab, sharedLab } from '../support/lab.ts';
import { oneHolder } from '../support/vip-lab.ts';

/** Debian's keepalived as rpm has it: nothing of it is in the package manager of Debian any more. */
const SPEC = `Name: keepalived
Version: 2.2.7
Release: 1
Summary: VRRP
License: GPL-2.0-or-later
AutoReqProv: no
%description
VRRP
%install
mkdir -p %{buildroot}/usr/sbin %{buildroot}/usr/lib/systemd/system
cp /usr/sbin/keepalived %{buildroot}/usr/sbin/
cp /lib/systemd/system/keepalived.service %{buildroot}/usr/lib/systemd/system/
%files
/usr/sbin/keepalived
/usr/lib/systemd/system/keepalived.service
`;

/** Makes a package and a repository of it, and takes away what is Debian's: the libraries stay. Debian's dnf has a plugin that others lack. */
const BECOME = `set -e
mkdir -p /srv/rpms /etc/yum.repos.d
printf '%s' "$1" >/srv/keepalived.spec
rpmbuild --quiet -bb --define '_rpmdir /srv/rpms' --define '_build_name_fmt %%{NAME}.rpm' /srv/keepalived.spec
dpkg --purge keepalived >/dev/null
createrepo_c --quiet /srv/rpms
printf '[local]\\nname=local\\nbaseurl=file:///srv/rpms\\ngpgcheck=0\\n' >/etc/yum.repos.d/local.repo
echo 9 >/etc/dnf/vars/releasever
printf '[main]\\nenabled = false\\n' >/etc/dnf/plugins/local.conf
printf 'ID=rocky\\nVERSION_ID="9.6"\\nPRETTY_NAME="Rocky Linux 9.6"\\nID_LIKE="rhel centos fedora"\\n' >/etc/os-release
`;

// dnf, rpm and the repository are real; the host below them is Debian, because no other distribution is to be had.
describeAsRoot('a host of the Red Hat family among others', () => {
  let lab: Lab;
  let folder: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const shell = (script: string) => lab.onHost('cp1', 'sh', '-c', script);

  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    folder = await lab.copyFolder();
    await lab.installPackages('cp1', 'dnf', 'dnf-plugins-core', 'rpm', 'createrepo-c', 'keepalived');
    await lab.onHost('cp1', 'sh', '-c', BECOME, 'sh', SPEC);
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('gets keepalived from its own repository, while dnf’s lock is waited for, and holds it', async () => {
    // dnf takes whoever is named there and lives for one that works.
    await lab.onHost('cp1', 'systemd-run', '--quiet', '--unit=busy-dnf', 'sleep', '600');
    await shell(
      'mkdir -p /var/lib/dnf && systemctl show --property=MainPID --value busy-dnf >/var/lib/dnf/rpmdb_lock.pid',
    );
    const run = await startRun(lab, folder, ['deploy', 'hosts', '--yes']);
    await run.seen('waiting for the package manager', 1, 60);
    await shell('systemctl stop busy-dnf');
    const { exit, stderr } = await run.outcome;
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.anything() });
    expect(await shell('rpm -q keepalived')).toMatch(/^keepalived-2\.2\.7-1/);
    expect(await shell('cat /etc/dnf/plugins/versionlock.list')).toMatch(/^keepalived-0:2\.2\.7-1/m);
    await sleep(1000);
    await oneHolder(lab);
    expect((await konvoy('plan', '--until', 'hosts', '--exit-code')).exit).toBe(0);
  });

  test('a hold that somebody takes away is seen and put back', async () => {
    await shell('dnf -q versionlock delete keepalived');
    expect((await konvoy('plan', '--until', 'hosts')).stdout).toMatch(/held: no -> yes/);
    assertOk(await konvoy('deploy', 'hosts', '--yes'));
    expect((await konvoy('plan', '--until', 'hosts', '--exit-code')).exit).toBe(0);
  });

  test('reset takes away what was added, and the hold', async () => {
    assertOk(await konvoy('reset', '--yes', '--confirm', lab.name));
    expect(await shell('rpm -qa; grep -c keepalived /etc/dnf/plugins/versionlock.list; true')).toBe('0');
    expect(await shell('ls /etc/keepalived /usr/local/lib/konvoy /var/lib/konvoy 2>/dev/null; true')).toBe('');
  });
});
