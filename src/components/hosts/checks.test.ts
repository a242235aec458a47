import { describe, expect, it } from 'vitest';
import { printProcNetTcp } from '../../../test/support/proc-net-tcp.ts';
import { topologyOf } from '../../../test/support/stand-in-kinds.ts';
import type { AskedDuring, CommandOutput } from '../../core/fact.ts';
import { checks } from './checks.ts';

const HOST = '10.0.0.1';
const ABSENT: CommandOutput = { exit: 1, stdout: '', stderr: 'stat: No such file or directory\n' };
const FOUND: CommandOutput = { exit: 0, stdout: 'regular file|600|0|0|5600|42|1700000000|x\n', stderr: '' };

/** What a check says about a host that answers so to commands that begin so, in the order of this list. */
function judge(id: string, answers: Readonly<Record<string, CommandOutput>>, during?: AskedDuring) {
  const found = checks({}, topologyOf([[HOST, 'control-plane']])).find((check) => check.id === `${id}@${HOST}`);
  if (found === undefined) throw new Error(`no check ${id}`);
  return found.judge({
    get(question) {
      const words = question.argv.join(' ');
      const output = Object.entries(answers).find(([part]) => words.includes(part))?.[1];
      if (output === undefined) throw new Error(`nobody answers ${words}`);
      return { ok: true, value: question.parse(output), ...(during === undefined ? {} : { during }) };
    },
  });
}

describe('the clock of a host', () => {
  const reads = (seconds: number) => ({ 'date ': { exit: 0, stdout: `${seconds}.0\n`, stderr: '' } });

  it('is well anywhere within the time that asking took, and 30 s around it', () => {
    // Slow hosts answer late: a minute between question and answer is no skew.
    const during = { from: 1000, until: 1060 };
    for (const seconds of [970, 1000, 1030, 1060, 1090]) {
      expect(judge('clock-skew', reads(seconds), during)).toEqual({ is: 'pass' });
    }
  });

  it('is skewed beyond that, and the check says to which side', () => {
    const during = { from: 1000, until: 1001 };
    expect(judge('clock-skew', reads(969), during)).toMatchObject({ is: 'fail', summary: 'the clock is 31 s behind' });
    expect(judge('clock-skew', reads(1032), during)).toMatchObject({ is: 'fail', summary: 'the clock is 31 s ahead' });
  });
});

describe('the ports of Kubernetes', () => {
  const listens = (...sockets: readonly (readonly [number, string?])[]): Record<string, CommandOutput> => {
    const lines = sockets.map(([port, program]) => {
      const user = program === undefined ? '' : ` users:(("${program}",pid=42,fd=7))`;
      return `LISTEN 0 4096 *:${port} *:*${user}\n`;
    });
    return {
      '/proc/net/tcp': { exit: 0, stderr: '', stdout: printProcNetTcp(sockets.map(([port]) => ['0.0.0.0', port])) },
      'ss ': { exit: 0, stderr: '', stdout: lines.join('') },
    };
  };
  const without = { 'kubelet.conf': ABSENT, 'admin.conf': ABSENT };

  it('are free where others listen elsewhere', () => {
    expect(judge('ports-free', { ...listens([22, 'sshd'], [80, 'nginx']), ...without })).toEqual({ is: 'pass' });
  });

  it('are taken where a stranger listens, who is named', () => {
    const verdict = judge('ports-free', { ...listens([6443, 'haproxy'], [10250]), ...without });
    expect(verdict).toMatchObject({
      is: 'fail',
      summary: 'haproxy listens on 6443, something listens on 10250',
    });
  });

  it('belong to Kubernetes itself, also on a host that is only half joined', () => {
    const own = listens(
      [6443, 'kube-apiserver'],
      [2379, 'etcd'],
      [10257, 'kube-controller'],
      [10259, 'kube-scheduler'],
    );
    expect(judge('ports-free', { ...own, ...without }).is).toBe('pass');
    expect(judge('ports-free', { ...listens([10250, 'kubelet']), ...without }).is).toBe('pass');
  });

  it('are not a stranger’s because one of several listeners is Kubernetes', () => {
    const verdict = judge('ports-free', { ...listens([10250, 'kubelet'], [2379, 'redis-server']), ...without });
    expect(verdict).toMatchObject({ is: 'fail', summary: 'redis-server listens on 2379' });
  });

  it('are Kubernetes’ own where a kubeconfig of kubeadm is there, whatever the programs are called', () => {
    const wrapper = listens([6443, 'k8s-wrapper']);
    expect(judge('ports-free', { ...wrapper, 'kubelet.conf': FOUND, 'admin.conf': ABSENT }).is).toBe('pass');
    expect(judge('ports-free', { ...wrapper, 'kubelet.conf': ABSENT, 'admin.conf': FOUND }).is).toBe('pass');
  });
});
