import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inLab, KONVOY, LAB, type Measured, measureGood, median, PEAK_WORDS, peakMiB, printTable } from './measure.ts';

/**
 * The seed's rules on forty real hosts: konvoy with lock-out protection on, beside `xargs ssh iptables-restore` and
 * Ansible doing the same in the same run. Everything that dials runs inside of the lab's network namespace.
 */
const CONTROL_PLANES = 3;
const WORKERS = Number(process.env.KONVOY_BENCH_HOSTS ?? '40') - CONTROL_PLANES;
const RUNS = Number(process.env.KONVOY_BENCH_RUNS ?? '3');
const ANSIBLE_CORE = '2.19.14';
const folder = mkdtempSync(join(tmpdir(), 'konvoy-bench-'));

const inLabShell = (script: string) => inLab('bash', '-c', script);

function ansibleFolder(): string {
  const cache = process.env.KONVOY_CACHE ?? join(homedir(), '.cache', 'konvoy');
  const venv = join(cache, `ansible-core-${ANSIBLE_CORE}`);
  if (!existsSync(join(venv, 'bin', 'ansible-playbook'))) {
    rmSync(venv, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    for (const command of [
      ['python3', '-m', 'venv', venv],
      [join(venv, 'bin', 'pip'), '-q', 'install', `ansible-core==${ANSIBLE_CORE}`],
    ] as const) {
      const ran = spawnSync(command[0], command.slice(1), { stdio: 'inherit' });
      if (ran.status !== 0) throw new Error(`${command.join(' ')} failed`);
    }
  }
  return join(venv, 'bin');
}

/** The rules of one role as words, read from konvoy's own rendering of the seed page's list. */
async function seedRules(role: string): Promise<string[]> {
  const rendered = await measureGood(['node', KONVOY, 'render', 'firewall', '--role', role, '--seed-only'], {
    cwd: folder,
  });
  return rendered.output.split('\n').filter((line) => line.startsWith('iptables '));
}

function ansibleTask(rule: string): string {
  const port = /--dport (\S+)/.exec(rule)?.[1];
  const comment = /--comment "([^"]+)"/.exec(rule)?.[1] ?? '';
  const match = port ? `protocol: tcp, match: [tcp], destination_port: "${port}"` : 'protocol: icmp, icmp_type: "8"';
  return `    - ansible.builtin.iptables: {chain: INPUT, ${match}, comment: ${JSON.stringify(comment)}, jump: ACCEPT}`;
}

/** Writes what the peers read; returns the file of the key. */
async function writePeers(): Promise<string> {
  const inventory = readFileSync(join(folder, 'inventory.yaml'), 'utf8');
  const hosts = [...inventory.matchAll(/^ {4}["']?(\d+\.\d+\.\d+\.\d+)["']?:/gm)].map((match) => match[1] ?? '');
  const controlPlanes = hosts.slice(0, CONTROL_PLANES);
  writeFileSync(join(folder, 'hosts.txt'), `${hosts.join('\n')}\n`);
  const plays: string[] = [];
  for (const [role, group] of [
    ['control-plane', 'control-plane'],
    ['worker', 'node'],
  ] as const) {
    const rules = await seedRules(role);
    const restore = ['*filter', ...rules.map((rule) => rule.replace(/^iptables /, '')), 'COMMIT', ''].join('\n');
    writeFileSync(join(folder, `${role}.rules`), restore);
    plays.push(`- hosts: ${group}`, '  become: true', '  gather_facts: false', '  tasks:', ...rules.map(ansibleTask));
  }
  writeFileSync(join(folder, 'play.yaml'), `${plays.join('\n')}\n`);
  const key = /ansible_ssh_private_key_file: ["']?([^"'\n]+)/.exec(inventory)?.[1] ?? 'id_ed25519';
  const fileOf = (host: string) => (controlPlanes.includes(host) ? 'control-plane.rules' : 'worker.rules');
  writeFileSync(join(folder, 'rules.txt'), hosts.map((host) => `${host} ${fileOf(host)}\n`).join(''));
  const ssh = `ssh -i ${key} -o IdentitiesOnly=yes -o UserKnownHostsFile=known_hosts -o BatchMode=yes konvoy@$1`;
  const rulesOf = `r=$(sed -n "s/^$1 //p" rules.txt)`;
  writeFileSync(
    join(folder, 'one-restore.sh'),
    `${rulesOf}\n${ssh} sudo iptables-restore --noflush -w 10 <$r && ${ssh} true\n`,
  );
  writeFileSync(join(folder, 'one-true.sh'), `${ssh} true\n`);
  return key;
}

async function clean(): Promise<void> {
  await measureGood(inLab('node', KONVOY, 'reset', '--confirm', LAB, '--yes'), { cwd: folder });
  const hosts = readFileSync(join(folder, 'hosts.txt'), 'utf8').trim().split('\n');
  for (const host of hosts) {
    await measureGood(['node', KONVOY, 'lab', 'exec', '--name', LAB, '--host', host, '--', 'iptables', '-F', 'INPUT'], {
      cwd: folder,
    });
  }
}

const xargs = (script: string) => inLabShell(`xargs -P16 -I{} sh ${script} {} <hosts.txt`);

async function several(prepare: () => Promise<void>, command: readonly [string, ...string[]]): Promise<Measured[]> {
  const all: Measured[] = [];
  for (let run = 0; run < RUNS; run++) {
    await prepare();
    all.push(await measureGood(command, { cwd: folder }));
  }
  return all;
}

/** `lab exec` stands in front of a command, so its memory is asked inside. */
const peakInLab = async (command: readonly string[]) =>
  peakMiB(await measureGood(inLab(...PEAK_WORDS, ...command), { cwd: folder }));

/** Seconds that the least program on npm's ssh2 takes for the same logins, without its own start. */
async function bareLogins(prepare: () => Promise<void>, ...args: string[]): Promise<number> {
  const script = join(import.meta.dirname, 'bare-logins.ts');
  const tsx = join(import.meta.dirname, '..', 'node_modules', '.bin', 'tsx');
  const runs = await several(prepare, inLab(tsx, script, ...args));
  return median(runs.map(({ output }) => Number(/^seconds ([0-9.]+)$/m.exec(output)?.[1])));
}

const nothing = async () => undefined;
const seconds = (all: readonly Measured[]) => median(all.map((one) => one.seconds));

try {
  await measureGood([
    'node',
    KONVOY,
    'lab',
    'up',
    '--name',
    LAB,
    '--control-planes',
    String(CONTROL_PLANES),
    '--workers',
    String(WORKERS),
    '--dir',
    folder,
  ]);
  const cluster = readFileSync(join(folder, 'cluster.yaml'), 'utf8').replace(/^\s*keepalived:.*\n/m, '');
  writeFileSync(join(folder, 'cluster.yaml'), cluster.replace(/^( {2}name: ).*$/m, `$1${LAB}`));
  const key = await writePeers();
  const upWords = ['node', KONVOY, 'deploy', 'hosts', '--yes', '--accept', 'removes-vip'];
  const up = inLab(...upWords);
  const konvoyFirst = await several(clean, up);
  const konvoyAgain = await several(nothing, up);
  await clean();
  const peak = await peakInLab(upWords);
  const plainSsh = await several(nothing, xargs('one-true.sh'));
  const xargsFirst = await several(clean, xargs('one-restore.sh'));
  const bareFirst = await bareLogins(clean, key, '--restore');
  const barePlain = await bareLogins(nothing, key);
  await clean();
  const ansible = await measureGood(
    inLab(
      'env',
      'ANSIBLE_PIPELINING=1',
      'ANSIBLE_FORKS=50',
      'ANSIBLE_LOCALHOST_WARNING=0',
      join(ansibleFolder(), 'ansible-playbook'),
      '-i',
      'inventory.yaml',
      'play.yaml',
    ),
    { cwd: folder },
  );
  const first = seconds(konvoyFirst);
  const again = seconds(konvoyAgain);
  const peerFirst = seconds(xargsFirst);
  const peerPlain = seconds(plainSsh);
  printTable(
    ['What', 'seconds (median)', 'ratio', 'wanted'],
    [
      ['xargs -P16 ssh iptables-restore, then ssh to probe', peerFirst.toFixed(2), '1', ''],
      [
        'the same two logins and one restore by ssh2, nothing else, start not counted',
        bareFirst.toFixed(2),
        (bareFirst / peerFirst).toFixed(2),
        '',
      ],
      [
        'konvoy deploy hosts, first run, lock-out protection on',
        first.toFixed(2),
        (first / peerFirst).toFixed(2),
        '≤ 0.7',
      ],
      ['xargs -P16 ssh true', peerPlain.toFixed(2), '1', ''],
      [
        'one login each by ssh2, nothing else, start not counted',
        barePlain.toFixed(2),
        (barePlain / peerPlain).toFixed(2),
        '',
      ],
      ['konvoy deploy hosts, nothing to do', again.toFixed(2), (again / peerPlain).toFixed(2), '≤ 0.5'],
      [`ansible-core ${ANSIBLE_CORE}, one task per rule, pipelining, 50 forks`, ansible.seconds.toFixed(2), '1', ''],
      [
        'konvoy deploy hosts against it',
        first.toFixed(2),
        `${(ansible.seconds / first).toFixed(1)} × faster`,
        '≥ 20 ×',
      ],
    ],
  );
  printTable(['What', 'MiB', 'wanted'], [['peak memory of konvoy deploy hosts, first run', peak.toFixed(0), '≤ 200']]);
} finally {
  spawnSync('node', [KONVOY, 'lab', 'down', '--name', LAB], { stdio: 'inherit' });
  rmSync(folder, { recursive: true, force: true });
}
