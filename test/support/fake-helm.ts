import type { Argv, CommandOutput } from '../../src/core/fact.ts';
import { isJsonObject, type JsonObject, overlay, toJson } from '../../src/core/json.ts';
import { objectName } from '../../src/facts/kubectl-json.ts';
import { type FakeHost, output } from './fake-host.ts';
import { FakeObjects } from './fake-objects.ts';

interface FakeRevision {
  readonly values: JsonObject;
  status: string;
  readonly component: string;
}

/** Helm on one fake host with an API server: it keeps revisions of one release, and makes the objects of `chart`. */
export class FakeHelm {
  readonly api: FakeObjects;
  /** The oldest first. */
  revisions: FakeRevision[] = [];
  /** The verbs of every command, in their order. */
  readonly deeds: string[] = [];
  /** What the chart makes of values. */
  chart: (values: JsonObject) => readonly JsonObject[] = () => [];
  version = '1.0.0';
  /** What an upgrade that fails says. */
  failure: string | undefined;
  /** What Helm says of a chart that cannot be made of the values. */
  refusal: string | undefined;
  users: readonly string[] = [];
  readonly #host: FakeHost;

  constructor(host: FakeHost) {
    this.#host = host;
    this.api = new FakeObjects(host);
    this.api.otherProgram = (program) => this.#asked(program);
    this.api.fedProgram = (words, stdin) => this.#rendered(words, stdin);
    host.on('helm', (argv) => this.#helm(argv));
  }

  #asked(program: string): string | undefined {
    if (program.includes('umask 077')) return '';
    if (program.includes('mktemp')) return '/run/konvoy-helm-x\n';
    if (!program.includes('owner=helm')) {
      if (!program.includes('--all-namespaces')) return undefined;
      return this.users.map((name) => `${name}\tLoadBalancer\n`).join('');
    }
    const newest = this.revisions.at(-1);
    if (newest === undefined) return '';
    const id = 'kubeaddons/metallb-kubeaddons';
    const lines = this.revisions.map(
      ({ status, component }, index) => `${id}\t${index + 1}\t${status}\t${component}\n`,
    );
    const chart = { metadata: { name: 'fake', version: this.version } };
    const release = { chart, config: newest.values, manifest: this.#manifest(newest.values) };
    return `${lines.join('')}=${id}/${this.revisions.length}\n${JSON.stringify(release)}\n`;
  }

  /** What an upgrade would be made of. */
  #rendered(words: readonly string[], stdin: string): CommandOutput {
    if (this.refusal !== undefined) return output('', 1, this.refusal);
    const values = toJson(JSON.parse(stdin.slice(0, Number(words.at(-1)))));
    if (!isJsonObject(values)) throw new Error('values are no map');
    return output(JSON.stringify({ manifest: this.#manifest(values) }));
  }

  #manifest(values: JsonObject): string {
    return this.chart(values)
      .map((object) => `---\n${JSON.stringify(object)}\n`)
      .join('');
  }

  #helm(argv: Argv): CommandOutput {
    const verb = argv.find((word, index) => index > 0 && !word.startsWith('--')) ?? '';
    this.deeds.push(verb);
    const make = (values: JsonObject) => {
      for (const object of this.chart(values)) this.api.put(writtenBy('helm', object));
    };
    if (verb === 'uninstall') {
      for (const { values } of this.revisions.slice(-1)) {
        for (const object of this.chart(values)) this.api.objects.delete(objectName(object));
      }
      this.revisions = [];
    } else if (verb === 'rollback') {
      const values = this.revisions[Number(argv.at(-2)) - 1]?.values ?? {};
      this.#supersede();
      this.revisions.push({ values, status: 'deployed', component: 'metallb' });
      make(values);
    } else if (verb === 'upgrade') {
      const path = argv.find((word) => word.startsWith('--values='))?.slice('--values='.length) ?? '';
      const values = toJson(JSON.parse(this.#host.files.read(path) ?? '{}'));
      if (!isJsonObject(values)) throw new Error('values are no map');
      const newest = this.revisions.at(-1);
      if (newest?.status.startsWith('pending')) return output('', 1, 'another operation is in progress\n');
      const failed = this.failure !== undefined;
      if (!failed) this.#supersede();
      const component =
        argv
          .find((word) => word.startsWith('--labels='))
          ?.split('=')
          .at(-1) ?? '';
      this.revisions.push({ values, status: failed ? 'failed' : 'deployed', component });
      if (this.failure !== undefined) return output('', 1, this.failure);
      make(values);
    }
    return output('');
  }

  #supersede(): void {
    for (const revision of this.revisions) if (revision.status === 'deployed') revision.status = 'superseded';
  }
}

/** An object with the API server's note of who has written it. */
export function writtenBy(manager: string, object: JsonObject): JsonObject {
  const entry = { manager, operation: 'Update', fieldsV1: { 'f:spec': {} } };
  return overlay(object, { metadata: { managedFields: [entry] } });
}
