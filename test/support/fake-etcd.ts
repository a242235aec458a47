import { Buffer } from 'node:buffer';
import type { Argv, CommandOutput } from '../../src/core/fact.ts';
import { BLOCK_BYTES } from '../../src/kinds/etcd/file-blocks.ts';
import { MANIFESTS } from '../../src/facts/static-pod-versions.ts';
import { ASIDE, STATIC_PODS, UNFINISHED_RESTORE } from '../../src/kinds/static-pods.ts';
import { type FakeHost, output } from './fake-host.ts';
import { CA_PEM } from './fake-kubernetes.ts';

const DATABASE = '/var/lib/etcd/member/snap/db';

/** What stands in a fake database, as its text. */
export interface FakeDatabase {
  readonly revision: number;
  readonly keys: readonly string[];
  /** The cluster that a restored one was made for. */
  readonly token?: string;
  readonly members?: string;
}

/**
 * etcd and the other programs of the control plane on fake hosts: they run while their manifests are in place, and what
 * `sh`, etcdctl, etcdutl and kubeadm do to files and programs happens there as on a real host.
 */
export class FakeEtcd {
  /** What happened, in order: `10.0.0.1 stop etcd`. */
  readonly events: string[] = [];
  readonly sick = new Set<string>();
  /** Hosts where a command of etcdutl fails: `restore`. */
  readonly failing = new Map<string, string>();
  /** Bytes that a snapshot is filled up with, so that it has several blocks. */
  filling = 0;
  /** What of a snapshot comes over the connection. */
  damage = (text: string) => text;
  /** Called when the data of a host has been replaced. */
  onSwap: (host: FakeHost) => void = () => {};
  onRenew: () => void = () => {};
  /** The clock of every host, seconds since the epoch. */
  now = 1_800_000_000;
  /** Good until 2126-10-31. */
  certificate = CA_PEM;
  vipHolder: string | undefined;
  vip = '10.0.0.20';
  readonly #hosts: readonly FakeHost[];

  constructor(hosts: readonly FakeHost[]) {
    this.#hosts = hosts;
    for (const host of hosts) {
      host.files.put(DATABASE, JSON.stringify({ revision: 7, keys: ['a'] }));
      for (const pod of STATIC_PODS) host.files.put(`${MANIFESTS}/${pod}.yaml`, `the ${pod}`, 0o600);
      host
        .on('sh', (argv, stdin) => this.#shell(argv, stdin, host))
        .on('bash', () => output(this.#runs(host, 'kube-apiserver') ? '200' : '000'))
        .on('etcdctl', (argv) => this.#etcdctl(argv, host))
        .on('etcdutl', (argv) => this.#etcdutl(argv, host))
        .on('kubeadm', (argv) => {
          this.#tell(host, argv.slice(1).join(' '));
          this.onRenew();
          return output('');
        })
        .on('systemctl', () => output(''))
        .on('find', () => output(''))
        .on('df', () => output('Filesystem 1-blocks Used Available Capacity Mounted\n/dev/a 9 1 90000000000 1% /\n'))
        .on('ip', () => output(JSON.stringify(this.#addresses(host))));
    }
  }

  database(host: FakeHost, path: string = DATABASE): FakeDatabase {
    return JSON.parse(host.files.read(path)?.trimEnd() ?? '{}');
  }

  write(database: FakeDatabase): void {
    for (const { files } of this.#hosts) files.write(DATABASE, JSON.stringify(database));
  }

  #tell(host: FakeHost, what: string): CommandOutput {
    this.events.push(`${host.address} ${what}`);
    return output('');
  }

  #runs({ files }: FakeHost, pod: string): boolean {
    return files.get(`${MANIFESTS}/${pod}.yaml`) !== undefined;
  }

  #addresses({ address }: FakeHost) {
    const own = [{ local: address, prefixlen: 24, scope: 'global' }];
    const virtual = address === this.vipHolder ? [{ local: this.vip, prefixlen: 32, scope: 'global' }] : [];
    return [{ ifname: 'eth0', flags: ['UP'], address: 'aa:bb', addr_info: [...own, ...virtual] }];
  }

  #etcdctl(argv: Argv, host: FakeHost): CommandOutput {
    if (!this.#runs(host, 'etcd')) return output('', 1, 'connection refused\n');
    if (argv.includes('health')) {
      const listed = this.#hosts.map(({ address }) => ({
        endpoint: `https://${address}:2379`,
        health: !this.sick.has(address),
      }));
      return output(`${JSON.stringify(listed)}\n`, this.sick.size > 0 ? 1 : 0);
    }
    const text = host.files.read(DATABASE) ?? '';
    host.files.write(argv.at(-1) ?? '', text + ' '.repeat(this.filling), 0o600);
    return this.#tell(host, 'snapshot save');
  }

  #etcdutl(argv: Argv, host: FakeHost): CommandOutput {
    const words = argv.filter((word) => !word.startsWith('--'));
    const [, , verb = '', path = ''] = words;
    const reason = this.failing.get(`${host.address} ${verb}`);
    if (reason !== undefined) return output('', 1, `Error: ${reason}\n`);
    if (host.files.read(path) === undefined) return output('', 1, 'Error: no such file\n');
    const { revision, keys } = this.database(host, path);
    if (verb === 'status') {
      return output(`${JSON.stringify({ hash: 9, revision, totalKey: keys.length, totalSize: 1 })}\n`);
    }
    const flag = (name: string) => argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '';
    const restored: FakeDatabase = {
      revision: revision + Number(flag('bump-revision')),
      keys,
      token: flag('initial-cluster-token'),
      members: flag('initial-cluster'),
    };
    host.files.put(`${flag('data-dir')}/member/snap/db`, JSON.stringify(restored));
    return output('');
  }

  #shell(argv: Argv, stdin: string, host: FakeHost): CommandOutput {
    const { files } = host;
    const [, , script = '', , ...args] = argv;
    if (script.includes('cat >')) {
      files.write(args[0] ?? '', stdin, 0o600);
      return output('');
    }
    if (script.includes('dd if=')) {
      const [path = '', block = '0'] = args;
      const bytes = Buffer.from(this.damage(files.read(path) ?? ''));
      const from = Number(block) * BLOCK_BYTES;
      return output(bytes.subarray(from, from + BLOCK_BYTES).toString('base64'));
    }
    if (script.includes('initial-advertise-peer-urls')) {
      const kept = files.read(UNFINISHED_RESTORE) ?? '';
      return output(`/var/lib/etcd.\n/var/lib/etcd\n${host.address}\nhttps://${host.address}:2380\n${kept}`);
    }
    if (script.includes('/data/member')) return this.#swap(host, args);
    if (script.includes('CERTIFICATE')) return output(`${this.now}\nfile pki/apiserver.crt\n${this.certificate}`);
    if (script.includes("trap ''")) {
      for (const pod of STATIC_PODS) this.#move(host, pod, 'stop');
      for (const pod of STATIC_PODS) this.#move(host, pod, 'start');
    } else for (const pod of args) this.#move(host, pod, script.trimEnd().endsWith('put_in "$@"') ? 'start' : 'stop');
    return output('');
  }

  #move(host: FakeHost, pod: string, verb: 'stop' | 'start'): void {
    const [from, to] = verb === 'stop' ? [MANIFESTS, ASIDE] : [ASIDE, MANIFESTS];
    if (host.files.get(`${from}/${pod}.yaml`) === undefined) return;
    host.files.makeFolders(to);
    host.files.rename(`${from}/${pod}.yaml`, `${to}/${pod}.yaml`);
    this.#tell(host, `${verb} ${pod}`);
  }

  #swap(host: FakeHost, [stage = '', wanted = '']: readonly string[]): CommandOutput {
    const { files } = host;
    const kept = (files.read(UNFINISHED_RESTORE) ?? wanted).trimEnd();
    files.put(UNFINISHED_RESTORE, `${kept}\n`);
    if (files.get(`${kept}/member`) !== undefined) files.remove('/var/lib/etcd/member');
    else {
      files.makeFolders(kept);
      files.rename('/var/lib/etcd/member', `${kept}/member`);
    }
    files.rename(`${stage}/data/member`, '/var/lib/etcd/member');
    this.#tell(host, 'swap');
    this.onSwap(host);
    return output(`${kept}\n`);
  }
}
