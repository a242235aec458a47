import { readFileSync } from 'node:fs';
import pLimit from 'p-limit';
import { Client } from 'ssh2';

/**
 * The least that a program on top of npm's ssh2 can do on these hosts: log in, and, with `--restore`, put the rules in
 * place and log in once more over a new connection. Nothing is asked, guarded, kept for the next boot or looked at again.
 * Run in a folder with `hosts.txt`, `rules.txt` (ADDRESS FILE) and the key as the only argument; prints `seconds N`.
 */
const [key = '', restore] = process.argv.slice(2);
const hosts = readFileSync('hosts.txt', 'utf8').trim().split('\n');
const rules = new Map(
  readFileSync('rules.txt', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ', 2) as [string, string]),
);
const privateKey = readFileSync(key);

function logIn(host: string): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.once('ready', () => resolve(client)).once('error', reject);
    client.connect({ host, username: 'konvoy', privateKey, algorithms: { kex: ['curve25519-sha256'] } });
  });
}

function run(client: Client, command: string, stdin: string): Promise<void> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error !== undefined) return reject(error);
      channel.on('close', (code: number) => (code === 0 ? resolve() : reject(new Error(`${command}: exit ${code}`))));
      channel.on('data', () => undefined).stderr.on('data', () => undefined);
      channel.end(stdin);
    });
  });
}

async function visit(host: string): Promise<void> {
  const client = await logIn(host);
  if (restore === undefined) await run(client, 'true', '');
  else {
    await run(client, 'sudo -n iptables-restore --noflush -w 10', readFileSync(rules.get(host) ?? '', 'utf8'));
    const again = await logIn(host);
    await run(again, 'true', '');
    again.end();
  }
  client.end();
}

const limit = pLimit(Number(process.env.KONVOY_BENCH_PARALLEL ?? '16'));
const began = performance.now();
await Promise.all(hosts.map((host) => limit(() => visit(host))));
console.log(`seconds ${((performance.now() - began) / 1000).toFixed(3)}`);
