import { describe, expect, it } from 'vitest';
import type { CommandOutput } from '../core/fact.ts';
import { addressProbe } from './address-probe.ts';
import { dpkgPackage } from './dpkg-package.ts';
import { fileStat } from './file-stat.ts';
import { interfaceWith, ipAddress } from './ip-address.ts';
import { ipRoute } from './ip-route.ts';
import { registryFolders } from './registry-folders.ts';
import { startsAtBoot, unitState } from './unit-state.ts';
import { vrrpHeard } from './vrrp-heard.ts';

// Recorded on Debian 12 (iproute2 6.1, systemd 252, dpkg 1.21, keepalived 2.2.7).
const said = (stdout: string, exit = 0, stderr = ''): CommandOutput => ({ stdout, exit, stderr });

describe('facts of hosts', () => {
  it('read the route to an address, the host’s own and none', () => {
    const args = { to: '10.0.50.99' };
    const direct = '[{"dst":"10.0.50.99","dev":"eth0","prefsrc":"10.0.50.11","flags":[],"uid":0,"cache":[]}]';
    expect(ipRoute.parse(said(direct), args)).toEqual({ interface: 'eth0', gateway: undefined, local: false });
    const own =
      '[{"type":"local","dst":"10.0.50.12","dev":"lo","prefsrc":"10.0.50.12","flags":[],"uid":0,"cache":["local"]}]';
    expect(ipRoute.parse(said(own), args)).toEqual({ interface: 'lo', gateway: undefined, local: true });
    expect(ipRoute.parse(said('', 2, 'RTNETLINK answers: Network is unreachable\n'), args)).toBeUndefined();
    expect(() => ipRoute.parse(said('', 127, 'sh: 1: ip: not found'), args)).toThrow('not found');
  });

  it('read interfaces with a virtual address beside the own', () => {
    const text =
      '[{"ifindex":2,"link_index":5,"ifname":"eth0","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"address":"ea:d4:01:3e:83:d9",' +
      '"addr_info":[{"family":"inet","local":"10.0.50.11","prefixlen":24,"scope":"global","label":"eth0"},' +
      '{"family":"inet","local":"10.0.50.20","prefixlen":32,"scope":"global","label":"eth0"}]}]';
    const all = ipAddress.parse(said(text), undefined);
    expect(interfaceWith(all, '10.0.50.20')).toMatchObject({ name: 'eth0', mac: 'ea:d4:01:3e:83:d9', up: true });
    expect(interfaceWith(all, '10.0.50.2')).toBeUndefined();
  });

  it('read which registries containerd has files for, and that it has no folder of them', () => {
    const folder = '/etc/containerd/certs.d';
    const text = ['quay.io', '10.0.50.5:5000', 'no registry'].map((name) => `${folder}/${name}/hosts.toml\n`).join('');
    expect(registryFolders.parse(said(text), undefined)).toEqual(['10.0.50.5:5000', 'quay.io']);
    const missing = `find: ‘${folder}’: No such file or directory\n`;
    expect(registryFolders.parse(said('', 1, missing), undefined)).toEqual([]);
    expect(() => registryFolders.parse(said('', 1, 'find: ‘x’: Input/output error\n'), undefined)).toThrow('Input');
  });

  it('tell who answers for an address', () => {
    const args = { address: '10.0.50.20', port: 6443 };
    const refused =
      '1 10.0.50.20: line 1: /dev/tcp/10.0.50.20/6443: Connection refused\n' +
      '[{"dst":"10.0.50.20","dev":"eth0","lladdr":"3e:ba:a9:69:dd:88","state":["REACHABLE"]}]\n';
    expect(addressProbe.parse(said(refused), args)).toEqual({ outcome: 'refused', mac: '3e:ba:a9:69:dd:88' });
    const silent = '124 \n[{"dst":"10.0.50.98","dev":"eth0","state":["INCOMPLETE"]}]\n';
    expect(addressProbe.parse(said(silent), args)).toEqual({ outcome: 'silent', mac: undefined });
    const nowhere = '1 bash: /dev/tcp/10.9.50.99/6443: Network is unreachable\n';
    expect(addressProbe.parse(said(nowhere), args).outcome).toBe('no-route');
  });

  it('read a VRRP advertisement out of its bytes', () => {
    const args = { address: '10.0.50.20', seconds: 3 };
    expect(vrrpHeard.parse(said('listening\n10.0.50.11 3133fa010014200f0a003214\n'), args)).toEqual([
      { source: '10.0.50.11', version: 3, vrid: 51, addresses: ['10.0.50.20'] },
    ]);
    expect(vrrpHeard.parse(said('not needed\n'), args)).toBeUndefined();
    expect(() => vrrpHeard.parse(said('', 19, 'No such device\n'), args)).toThrow('No such device');
  });

  it('read units, also such as do not exist', () => {
    const text =
      'NRestarts=0\nLoadState=loaded\nActiveState=inactive\nSubState=dead\nUnitFileState=disabled\nCanReload=yes\nNeedDaemonReload=no\n';
    const state = unitState.parse(said(text), { unit: 'keepalived.service' });
    expect(state).toMatchObject({ load: 'loaded', active: 'inactive', file: 'disabled', canReload: true });
    expect(startsAtBoot(state)).toBe(false);
    expect(() => unitState.parse(said('', 127), { unit: 'x.service' })).toThrow('systemd');
  });

  it('read packages and files, and know absence from failure', () => {
    const missing = said('', 1, 'dpkg-query: no packages found matching keepalived\n');
    expect(dpkgPackage.parse(missing, { name: 'keepalived' })).toBeUndefined();
    expect(dpkgPackage.parse(said('installed|hold|1:2.2.7-1+b2\n'), { name: 'keepalived' })).toMatchObject({
      held: true,
    });
    const path = '/etc/x';
    expect(fileStat.parse(said('regular file|640|0|0|1024|77|1764000000|/etc/x\n'), { path })).toMatchObject({
      mode: 0o640,
    });
    const gone = "stat: cannot statx '/etc/x': No such file or directory\n";
    expect(fileStat.parse(said('', 1, gone), { path })).toBeUndefined();
    expect(() => fileStat.parse(said('', 1, "stat: cannot statx '/etc/x': Permission denied\n"), { path })).toThrow(
      'denied',
    );
  });
});
