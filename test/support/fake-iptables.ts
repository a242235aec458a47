import type { CommandOutput } from '../../src/core/fact.ts';
import { FIREWALL_EXIT, FIREWALL_UNCONFIRMED_PATH } from '../../src/core/firewall-program.ts';
import type { FilterTable, IptablesBackend } from '../../src/core/filter-table.ts';
import { hasOwnRules, inputPolicy, inputRules } from '../../src/core/filter-table.ts';
import { type IptablesRule, isKonvoyRule } from '../../src/core/iptables-rule.ts';
import { placeRules } from '../../src/core/rule-placement.ts';
import { parseFilterTable, parseRuleLine, printRuleLine } from '../../src/facts/iptables-save.ts';
import { type FakeHost, output } from './fake-host.ts';
import { printProcNetTcp } from './proc-net-tcp.ts';

export interface FakeIptablesOptions {
  /** What `iptables -V` says. Default nft. */
  readonly backend?: IptablesBackend;
  /** Lines as `iptables -S INPUT` and user chains print them: `-P INPUT DROP`, `-N CHAIN`, `-A CHAIN …`. */
  readonly nft?: readonly string[];
  readonly legacy?: readonly string[];
  /** TCP ports on which something listens, on every address. */
  readonly listening?: readonly number[];
}

interface Armed {
  readonly before: ReadonlyMap<IptablesBackend, FilterTable>;
}

function parseTable(lines: readonly string[]): FilterTable {
  const save = lines.map((line) =>
    line.replace(/^-P (\S+) (\S+)$/, ':$1 $2 [0:0]').replace(/^-N (\S+)$/, ':$1 - [0:0]'),
  );
  const declared = save.some((line) => line.startsWith(':INPUT')) ? [] : [':INPUT ACCEPT [0:0]'];
  return (
    parseFilterTable(['*filter', ...declared, ...save, 'COMMIT'].join('\n')) ?? {
      policies: new Map(),
      chains: new Map(),
    }
  );
}

/**
 * The firewall of a fake host: it answers the questions of `facts/`, and plays the program that konvoy hands to a host
 * (the program itself is tested with a real shell in `core/firewall-program.test.ts`). Time stands still: the revert
 * timers fire when a test says so.
 */
export class FakeIptables {
  readonly tables: Map<IptablesBackend, FilterTable>;
  readonly backend: IptablesBackend;
  readonly listening: readonly number[];
  commentMatch = true;
  /** What `nft -j list table` prints for foreign tables on the input hook. */
  nftTables = '';
  /** Ports that peers reach, asked through `FakeHost`s that were given to `watch`. Default: all that listen. */
  reachable: (port: number) => boolean = (port) => this.listening.includes(port);
  /** How often the rules were written. */
  writes = 0;
  readonly #armed = new Map<string, Armed>();
  readonly #host: FakeHost;

  constructor(host: FakeHost, options: FakeIptablesOptions = {}) {
    this.#host = host;
    this.backend = options.backend ?? 'nft';
    this.tables = new Map([
      ['nft', parseTable(options.nft ?? [])],
      ['legacy', parseTable(options.legacy ?? [])],
    ]);
    this.listening = options.listening ?? [];
    host.files.put('/proc/net/tcp', this.#printListening());
    host.on('iptables', () => output(`iptables v1.8.9 (${this.backend === 'nft' ? 'nf_tables' : 'legacy'})\n`));
    host.on('iptables-nft-save', () => output(this.save('nft')));
    host.on('sh', (argv, stdin) => this.#playShell(argv, stdin));
  }

  /** Chain INPUT as `iptables -S INPUT` prints it, without the policy. */
  input(backend: IptablesBackend = this.backend): string[] {
    return inputRules(this.#table(backend)).map((rule) => printRuleLine('INPUT', rule));
  }

  /** Replaces chain INPUT, as a user with an editor and `iptables-restore` would. */
  setInput(lines: readonly string[], backend: IptablesBackend = this.backend): void {
    this.#setInput(
      backend,
      lines.flatMap((line) => parseRuleLine(line)?.rule ?? []),
    );
  }

  save(backend: IptablesBackend): string {
    const table = this.#table(backend);
    const chains = [...table.chains.keys()].map((name) => `:${name} ${table.policies.get(name) ?? '-'} [0:0]`);
    const rules = [...table.chains].flatMap(([name, list]) => list.map((rule) => printRuleLine(name, rule)));
    return ['*filter', ...chains, ...rules, 'COMMIT', ''].join('\n');
  }

  /** Lets another host answer how it reaches this one's ports. */
  watch(peer: FakeHost): void {
    peer.on('bash', (argv) =>
      output(
        argv
          .slice(5)
          .map((port) => `${argv[4]} ${port} ${this.reachable(Number(port)) ? 'yes' : 'no'}\n`)
          .join(''),
      ),
    );
  }

  /** Every timer that is still armed fires. */
  fireTimers(): void {
    for (const id of [...this.#armed.keys()]) this.#takeBack(id);
    this.#noteUnconfirmed();
  }

  get armed(): number {
    return this.#armed.size;
  }

  #table(backend: IptablesBackend): FilterTable {
    return this.tables.get(backend) ?? { policies: new Map(), chains: new Map() };
  }

  #setInput(backend: IptablesBackend, rules: readonly IptablesRule[]): void {
    const { policies, chains } = this.#table(backend);
    this.tables.set(backend, { policies, chains: new Map(chains).set('INPUT', rules) });
  }

  #printListening(): string {
    return printProcNetTcp(this.listening.map((port) => ['0.0.0.0', port]));
  }

  #playShell(argv: readonly string[], stdin: string): CommandOutput {
    const [, word, program, name] = argv;
    if (word?.startsWith('/run/konvoy/firewall/')) return this.#playProgram(program ?? '', name ?? '');
    switch (name) {
      case 'iptables-legacy-save': {
        const table = this.#table('legacy');
        return output(
          inputPolicy(table) === 'ACCEPT' && table.chains.size === 1 && inputRules(table).length === 0
            ? ''
            : this.save('legacy'),
        );
      }
      case 'iptables-comment-match':
        return output('', this.commentMatch ? 0 : 1);
      case 'nft-input-chains':
        return output(this.nftTables);
      case 'konvoy-firewall':
        return this.#apply(argv[5] ?? '', stdin);
      default:
        return output('', 127, `the fake does not play this program: ${argv.join(' ')}\n`);
    }
  }

  #apply(id: string, program: string): CommandOutput {
    this.fireTimers();
    const always = /^desired\(\) {\n(.*?)^(?:if|})/ms.exec(program)?.[1] ?? '';
    const wanted = [...always.matchAll(/^'(.*)'/gm)].flatMap(([, line = '']) => parseRuleLine(line)?.rule ?? []);
    const before = new Map(this.tables);
    let changed = false;
    for (const [backend, table] of before) {
      const { steps, after } = placeRules(table, backend === this.backend || hasOwnRules(table) ? wanted : []);
      if (steps.length === 0) continue;
      changed = true;
      this.#setInput(backend, after);
    }
    if (!changed) return output(`unchanged\n${this.#printListening()}`);
    this.writes += 1;
    this.#armed.set(id, { before });
    this.#noteUnconfirmed();
    return output(`changed\n${this.#printListening()}`);
  }

  #playProgram(word: string, id: string): CommandOutput {
    if (!this.#armed.has(id)) return output('', FIREWALL_EXIT.noLongerArmed, 'the change was already taken back\n');
    if (word === 'confirm') this.#armed.delete(id);
    else this.#takeBack(id);
    this.#noteUnconfirmed();
    return output('');
  }

  #noteUnconfirmed(): void {
    const { files } = this.#host;
    if (this.#armed.size > 0) files.put(FIREWALL_UNCONFIRMED_PATH, 'id\n');
    else if (files.get(FIREWALL_UNCONFIRMED_PATH) !== undefined) files.remove(FIREWALL_UNCONFIRMED_PATH);
  }

  /** Ours as before; what others wrote meanwhile stays. */
  #takeBack(id: string): void {
    for (const [backend, table] of this.#armed.get(id)?.before ?? []) {
      const others = inputRules(this.#table(backend)).filter((rule) => !isKonvoyRule(rule));
      const known = new Map([...this.#table(backend).chains]).set('INPUT', others);
      const ours = inputRules(table).filter(isKonvoyRule);
      this.#setInput(backend, placeRules({ policies: this.#table(backend).policies, chains: known }, ours).after);
    }
    this.#armed.delete(id);
  }
}
