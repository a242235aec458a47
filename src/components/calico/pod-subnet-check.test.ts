import { describe, expect, it } from 'vitest';
import type { FactView } from '../../core/fact.ts';
import { podSubnetCheck } from './pod-subnet-check.ts';

const HOST = { address: '10.0.50.21', role: 'worker', nodePool: 'worker', sshPort: 22 } as const;

/** What the check says where `ip -j route show` prints these routes, and those that any host has. */
function judge(...routes: readonly object[]) {
  const usual = [
    { dst: 'default', gateway: '10.0.50.1', dev: 'eth0', flags: [] },
    { dst: '10.0.50.0/24', dev: 'eth0', protocol: 'kernel', scope: 'link', prefsrc: '10.0.50.21', flags: [] },
  ];
  const stdout = JSON.stringify([...usual, ...routes]);
  const facts: FactView = { get: ({ parse }) => ({ ok: true, value: parse({ exit: 0, stdout, stderr: '' }) }) };
  return podSubnetCheck(HOST, '192.168.0.0/16').judge(facts);
}

describe('what a host routes', () => {
  it('may be whatever has nothing to do with pods', () => {
    expect(judge().is).toBe('pass');
    expect(judge({ dst: '172.17.0.0/16', dev: 'docker0', protocol: 'kernel' }).is).toBe('pass');
  });

  it('may be Calico’s own: of pods, tunnels, BIRD, Felix and blackholes', () => {
    const calicos = [
      { dst: '192.168.1.5', dev: 'cali0123456789a', scope: 'link' },
      { dst: '192.168.2.0/26', gateway: '192.168.2.0', dev: 'vxlan.calico', flags: ['onlink'] },
      { dst: '192.168.3.0/26', gateway: '10.0.50.22', dev: 'tunl0', protocol: 'bird', flags: ['onlink'] },
      { dst: '192.168.4.0/26', gateway: '10.0.50.23', dev: 'eth0', protocol: 'bird' },
      { dst: '192.168.5.0/26', gateway: '10.0.50.24', dev: 'eth0', protocol: '80', flags: ['onlink'] },
      { type: 'blackhole', dst: '192.168.1.0/26', protocol: '80', flags: [] },
    ];
    expect(judge(...calicos).is).toBe('pass');
  });

  it.each(['192.168.0.0/16', '192.168.7.0/24', '192.168.7.9'])('is no part of podSubnet: %s', (dst) => {
    expect(judge({ dst, gateway: '10.0.50.7', dev: 'eth0' })).toMatchObject({
      is: 'fail',
      summary: `the host routes ${dst} by eth0`,
      hint: expect.stringMatching(/podSubnet/),
    });
  });

  it('may be a wider network, which is told', () => {
    expect(judge({ dst: '192.0.0.0/8', gateway: '10.0.50.7', dev: 'wg0' })).toMatchObject({
      is: 'warn',
      summary: expect.stringMatching(/^the host routes 192\.0\.0\.0\/8 by wg0/),
    });
  });
});
