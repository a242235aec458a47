import { describe, expect, test } from 'vitest';
import { findHost, MAX_CONTROL_PLANES, MAX_WORKERS, planHosts } from './lab-plan.ts';

describe('the hosts of a lab', () => {
  test('have the addresses of the sample cluster', () => {
    expect(planHosts(3, 2).map((host) => `${host.name} ${host.address} ${host.role}`)).toEqual([
      'cp1 10.0.50.11 control-plane',
      'cp2 10.0.50.12 control-plane',
      'cp3 10.0.50.13 control-plane',
      'worker1 10.0.50.21 worker',
      'worker2 10.0.50.22 worker',
    ]);
  });

  test('never meet each other, the deployer, the VIP or the range of MetalLB, up to the largest lab', () => {
    const hosts = planHosts(MAX_CONTROL_PLANES, MAX_WORKERS);
    const last = hosts.map((host) => Number(host.address.split('.')[3]));
    expect(new Set(last).size).toBe(hosts.length);
    expect(last.filter((byte) => byte <= 10 || byte === 20 || (byte >= 25 && byte <= 50) || byte >= 255)).toEqual([]);
  });

  test('have link names that the kernel takes', () => {
    for (const host of planHosts(MAX_CONTROL_PLANES, MAX_WORKERS)) expect(host.link.length).toBeLessThan(16);
  });

  test('are found by name and by address', () => {
    const hosts = planHosts(1, 5);
    expect(findHost(hosts, 'worker5')?.address).toBe('10.0.50.101');
    expect(findHost(hosts, '10.0.50.11')?.name).toBe('cp1');
    expect(findHost(hosts, 'cp2')).toBeUndefined();
  });
});
