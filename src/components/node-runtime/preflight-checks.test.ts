import { describe, expect, it } from 'vitest';
import { topologyOf } from '../../../test/support/stand-in-kinds.ts';
import type { CommandOutput } from '../../core/fact.ts';
import type { Role } from '../../core/topology.ts';
import { preflightChecks } from './preflight-checks.ts';

const HOST = '10.0.50.11';
const ABSENT: CommandOutput = { exit: 1, stdout: '', stderr: 'stat: No such file or directory\n' };
const FOUND: CommandOutput = { exit: 0, stdout: 'regular file|600|0|0|5600|42|1700000000|x\n', stderr: '' };
const said = (stdout: string): CommandOutput => ({ exit: 0, stdout, stderr: '' });

function df(freeGiB: number, percent = 10, mount = '/'): CommandOutput {
  const line = `/dev/sda1         68719476736 6275936256 ${Math.round(freeGiB * 1024 ** 3)}      ${percent}% ${mount}`;
  return said(`Filesystem        1-blocks       Used   Available Capacity Mounted on\n${line}\n`);
}

/** What a check says about a host of this role that answers so to commands that end so. */
function judge(id: string, role: Role, answers: Readonly<Record<string, CommandOutput>>) {
  const topology = topologyOf([[HOST, role]]);
  const found = preflightChecks(topology.hosts, topology).find((check) => check.id === `${id}@${HOST}`);
  if (found === undefined) throw new Error(`no check ${id}`);
  return found.judge({
    get(question) {
      const words = question.argv.join(' ');
      const output = Object.entries(answers).find(([end]) => words.endsWith(end))?.[1];
      if (output === undefined) throw new Error(`nobody answers ${words}`);
      return { ok: true, value: question.parse(output) };
    },
  });
}

describe('before Kubernetes', () => {
  const size = (cpus: number, memoryMiB: number) => ({
    meminfo: said(`${cpus}\nMemTotal:       ${memoryMiB * 1024} kB\n`),
  });

  it('a control-plane host has what kubeadm asks of it, and a worker less', () => {
    expect(judge('size', 'control-plane', size(2, 1700)).is).toBe('pass');
    expect(judge('size', 'control-plane', size(1, 1699))).toMatchObject({
      is: 'fail',
      summary: 'the host has 1 CPU, and Kubernetes needs 2; 1699 MiB of memory, and needs 1700',
    });
    expect(judge('size', 'worker', size(1, 900)).is).toBe('pass');
  });

  it('images have room, on a disk of their own or on that of /var/lib', () => {
    const without = { '/var/lib/containerd': ABSENT, 'kubelet.conf': ABSENT };
    expect(judge('image-space', 'control-plane', { ...without, '/var/lib': df(2) }).is).toBe('pass');
    expect(judge('image-space', 'control-plane', { ...without, '/var/lib': df(1.5, 90, '/var') })).toMatchObject({
      is: 'fail',
      summary: '1.5 GiB free on /var; the images of a control-plane host take about 2 GiB',
    });
    expect(judge('image-space', 'worker', { ...without, '/var/lib': df(1.5) }).is).toBe('pass');
    const own = { '/var/lib/containerd': df(50), '/var/lib': df(0.5), 'kubelet.conf': ABSENT };
    expect(judge('image-space', 'control-plane', own).is).toBe('pass');
  });

  it('a host that has its images already is only warned', () => {
    const member = { '/var/lib/containerd': df(0.4), '/var/lib': df(0.4), 'kubelet.conf': FOUND };
    expect(judge('image-space', 'control-plane', member).is).toBe('warn');
  });

  it('a root disk that is nearly full is a warning', () => {
    expect(judge('root-disk', 'worker', { '/': df(9, 84) })).toEqual({ is: 'pass', summary: '84 %' });
    expect(judge('root-disk', 'worker', { '/': df(9, 85) })).toMatchObject({ is: 'warn' });
  });

  it('a route leads towards Services, be it only the default route', () => {
    const answer = '[{"dst":"10.96.0.1","gateway":"10.0.50.1","dev":"eth0","prefsrc":"10.0.50.11","flags":[]}]';
    expect(judge('service-route', 'worker', { '10.96.0.1': said(answer) })).toEqual({ is: 'pass', summary: 'eth0' });
    const none = { exit: 2, stdout: '', stderr: 'RTNETLINK answers: Network is unreachable\n' };
    expect(judge('service-route', 'worker', { '10.96.0.1': none })).toMatchObject({
      is: 'fail',
      hint: expect.stringContaining('default route'),
    });
  });

  it('what cannot be read is unknown, not wrong', () => {
    const topology = topologyOf([[HOST, 'worker']]);
    for (const check of preflightChecks(topology.hosts, topology)) {
      expect(check.judge({ get: () => ({ ok: false, why: 'lost' }) })).toEqual({ is: 'unknown', why: 'lost' });
    }
  });
});
