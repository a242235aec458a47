import { type Fact, FactUnreadable } from '../core/fact.ts';
import { chartPartName, type ChartName } from '../core/helm-release.ts';
import { type JsonObject, textAt } from '../core/json.ts';
import { ADMIN_CONF, BELONGS_TO_NONE } from './cluster-state.ts';
import { objectsOf, type ReleaseQuestion } from './helm-release.ts';
import { parseJsonObject } from './kubectl-json.ts';

/** A release that is there, and what it shall be made of. */
export interface RenderQuestion extends ReleaseQuestion {
  readonly chart: ChartName;
  readonly values: JsonObject;
}

/** Seconds that Helm may take; it asks the API server for what it can do, and templates may look something up. */
const HELM_SECONDS = 60;

/**
 * `$1` the API's address with the port, `$2` namespace, `$3` release, `$4` the size of the values, which come first. Helm
 * wants both as files: they are in a folder that only root reads, for as long as Helm runs. Not in one whose name a run
 * that writes would take for its own.
 */
const PROGRAM = [
  BELONGS_TO_NONE,
  'umask 077',
  'folder=$(mktemp --directory --tmpdir=/run konvoy-plan-XXXXXXXX) || exit 1',
  `trap 'rm -rf -- "$folder"' EXIT; trap 'exit 1' HUP INT TERM`,
  'head -c "$4" >"$folder/values.json" && cat >"$folder/chart.tgz" || exit 1',
  `timeout ${HELM_SECONDS} helm --kubeconfig=${ADMIN_CONF} --kube-apiserver="https://$1" --namespace="$2" upgrade "$3" "$folder/chart.tgz" --values="$folder/values.json" --dry-run=server --output=json`,
].join('\n');

function textOf({ values }: RenderQuestion): string {
  return JSON.stringify(values);
}

/** What an upgrade of a release would be made of: Helm reads the chart and asks the API server, and writes nothing. */
export const renderedRelease: Fact<RenderQuestion, readonly JsonObject[]> = {
  name: 'what Helm would make of the chart',
  command(question) {
    const { address, port, namespace, release } = question;
    const size = String(new TextEncoder().encode(textOf(question)).length);
    return ['sh', '-c', PROGRAM, 'sh', `${address}:${port}`, namespace, release, size];
  },
  input: (question) => ({
    text: textOf(question),
    part: { name: chartPartName(question.chart.name), version: question.chart.version },
  }),
  parse({ exit, stdout, stderr }, { namespace }) {
    if (exit === 127) throw new FactUnreadable('helm is not on this host yet');
    const said = stderr.trim().split('\n').at(-1);
    if (exit !== 0) throw new FactUnreadable(said || `helm ended with exit code ${exit}`);
    const manifest = textAt(parseJsonObject(stdout) ?? null, 'manifest');
    // Not what it printed: the values may be secret.
    if (manifest === undefined) throw new FactUnreadable('what helm printed is not legible');
    return objectsOf(manifest, namespace);
  },
};
