import type { Argv, CommandOutput } from '../../src/core/fact.ts';
import { isJsonObject, type JsonObject, overlay, toJson } from '../../src/core/json.ts';
import { objectName } from '../../src/facts/kubectl-json.ts';
import { type FakeHost, output } from './fake-host.ts';

/** Objects of a cluster whose API server is on one fake host: kubectl there reads, applies and deletes them. */
export class FakeObjects {
  readonly objects = new Map<string, JsonObject>();
  /** Kinds that the API server does not know. */
  readonly unknownKinds = new Set<string>();
  /** What kubectl says of objects, by name, that others manage. */
  readonly conflicts = new Map<string, string>();
  /** `apply NAME`, `replace NAME`, `delete NAME`, `wait`, `rollout` in their order. */
  readonly deeds: string[] = [];
  /** What shell programs other than those for objects print; undefined: nothing of theirs. */
  otherProgram: (program: string) => string | undefined = () => undefined;
  /** What shell programs that read something say, by the words behind the API's address. */
  fedProgram: (words: readonly string[], stdin: string) => CommandOutput = () => output('', 127);
  /** Rollouts that do not come to an end. */
  readonly stuck = new Set<string>();

  /** What was applied of each object: what is no more among it goes. */
  readonly #applied = new Map<string, JsonObject>();

  constructor(host: FakeHost) {
    host.on('sh', (argv, stdin) => this.#shell(argv, stdin)).on('kubectl', (argv, stdin) => this.#kubectl(argv, stdin));
  }

  put(object: JsonObject): void {
    this.objects.set(objectName(object), object);
  }

  #shell(argv: Argv, stdin: string): CommandOutput {
    const [, , program = '', , , ...words] = argv;
    if (program.includes('chart.tgz')) return this.fedProgram(words, stdin);
    const other = this.otherProgram(program);
    if (other !== undefined) return output(other);
    const asked = words.map(read);
    if (program.includes('k replace')) return output(asked.map((object) => JSON.stringify(object, null, 4)).join('\n'));
    if (program.includes('--dry-run=server')) return this.#dryRun(asked);
    const missing = asked.filter(({ kind }) => this.unknownKinds.has(String(kind)));
    const items = asked.flatMap((object) => this.objects.get(objectName(object)) ?? []);
    const stderr = missing.map(({ kind }) => `error: no matches for kind "${String(kind)}" in version "x"\n`).join('');
    return output(
      items.length === 0 ? '' : JSON.stringify({ kind: 'List', items }),
      missing.length > 0 ? 1 : 0,
      stderr,
    );
  }

  #merged(object: JsonObject): JsonObject {
    const name = objectName(object);
    const live = this.objects.get(name) ?? {};
    return overlay(without(live, this.#applied.get(name) ?? {}, object), object);
  }

  #dryRun(asked: readonly JsonObject[]): CommandOutput {
    if (!asked.some((object) => this.conflicts.has(objectName(object)))) {
      return output(JSON.stringify({ kind: 'List', items: asked.map((object) => this.#merged(object)) }));
    }
    const parts = asked.map((object) => {
      const conflict = this.conflicts.get(objectName(object));
      return conflict === undefined
        ? `--konvoy 0\n${JSON.stringify(this.#merged(object))}\n`
        : `--konvoy 1\n${conflict}\n`;
    });
    return output(parts.join(''));
  }

  #kubectl(argv: Argv, stdin: string): CommandOutput {
    const verb = argv.find((word) => ['apply', 'delete', 'wait', 'rollout', 'replace'].includes(word)) ?? '';
    const objects = stdin
      .split('\n')
      .filter((line) => line !== '')
      .map(read);
    if (verb === 'rollout') {
      const name = argv.find((word) => word.includes('/') && !word.startsWith('--')) ?? '';
      this.deeds.push(`rollout ${name}`);
      return this.stuck.has(name) ? output('Waiting for 1 of 2 pods\n', 1) : output('rolled out\n');
    }
    if (verb === 'wait') this.deeds.push('wait');
    if (verb === 'replace') {
      for (const object of objects) {
        this.deeds.push(`replace ${objectName(object)}`);
        this.put(object);
      }
      return output(stdin);
    }
    for (const object of objects) {
      this.deeds.push(`${verb} ${objectName(object)}`);
      if (verb === 'apply') {
        this.objects.set(objectName(object), this.#merged(object));
        this.#applied.set(objectName(object), object);
      } else this.objects.delete(objectName(object));
    }
    return output('');
  }
}

/** An object without what was applied before and is not now. */
function without(live: JsonObject, before: JsonObject, now: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(live).flatMap(([name, value]) => {
      const [old, young] = [before[name], now[name]];
      if (old === undefined) return [[name, value]];
      if (isJsonObject(value) && isJsonObject(old)) {
        return [[name, without(value, old, isJsonObject(young) ? young : {})]];
      }
      return young === undefined ? [] : [[name, value]];
    }),
  );
}

function read(text: string): JsonObject {
  const value = toJson(JSON.parse(text));
  if (!isJsonObject(value)) throw new Error(`no object: ${text}`);
  return value;
}
