import type { HostWriter } from '../../connections/host.ts';
import { KonvoyError } from '../../core/errors.ts';
import type { Argv } from '../../core/fact.ts';
import { chartPartName } from '../../core/helm-release.ts';
import { type HelmReleaseResource, OBJECT_LABEL } from '../../core/resource.ts';
import { ADMIN_CONF } from '../../facts/cluster-state.ts';
import type { Writers } from '../kind.ts';

/** Seconds that Helm may take to write what is in a chart; what starts behind it is waited for by itself. */
const HELM_SECONDS = 120;

/** Revisions that Helm keeps of a release. */
const KEPT_REVISIONS = 5;

/** Helm on a control-plane host, and the release that it is about. */
export interface HelmOnHost {
  readonly writer: HostWriter;
  readonly wanted: HelmReleaseResource;
}

async function helm({ writer, wanted }: HelmOnHost, ...args: readonly string[]): Promise<void> {
  const { host, port, namespace } = wanted;
  const command: Argv = [
    'helm',
    `--kubeconfig=${ADMIN_CONF}`,
    `--kube-apiserver=https://${host}:${port}`,
    `--namespace=${namespace}`,
    ...args,
  ];
  await writer.run(command, { timeoutMs: (HELM_SECONDS + 30) * 1000 });
}

/** What a killed run has left goes first: the host is locked, so nobody else is using it. */
const NEW_FOLDER = 'rm -rf /run/konvoy-helm-*; exec mktemp --directory --tmpdir=/run konvoy-helm-XXXXXXXX';

/** Puts the chart and the values into a folder that only root can read, hands both paths to `use`, and takes it away. */
async function withInputs(
  { writer, wanted }: HelmOnHost,
  { parts, step, signal }: Writers,
  use: (chart: string, values: string) => Promise<void>,
): Promise<void> {
  const { name, version } = wanted.chart;
  if (parts === undefined) throw new KonvoyError(`the chart ${name} ${version} comes out of a bundle`);
  const { size, bytes } = await parts.file({ name: chartPartName(name), version });
  const made = await writer.run(['sh', '-c', NEW_FOLDER]);
  const folder = made.stdout.trim();
  try {
    step(`copying the chart ${name} ${version}`);
    const chart = `${folder}/${name}.tgz`;
    await writer.stream(['sh', '-c', 'umask 077; cat > "$1"', 'sh', chart], { size, bytes }, { signal });
    const values = `${folder}/values.json`;
    await writer.writeFile(values, JSON.stringify(wanted.values), { mode: 0o600 });
    await use(chart, values);
  } finally {
    await writer.run(['rm', '-rf', '--', folder]);
  }
}

/** Installs the release, or makes it what is wanted. What it starts is not waited for. */
export async function upgradeRelease(on: HelmOnHost, writers: Writers): Promise<void> {
  const { release, component } = on.wanted;
  await withInputs(on, writers, async (chart, values) => {
    writers.step(`writing what the chart makes`);
    await helm(
      on,
      'upgrade',
      release,
      chart,
      '--install',
      '--create-namespace',
      `--values=${values}`,
      `--labels=${OBJECT_LABEL}=${component}`,
      `--history-max=${KEPT_REVISIONS}`,
      `--timeout=${HELM_SECONDS}s`,
    );
  });
}

/** Makes the release again what it was in an earlier revision. */
export async function rollBackRelease(on: HelmOnHost, revision: number): Promise<void> {
  await helm(on, 'rollback', on.wanted.release, String(revision), `--timeout=${HELM_SECONDS}s`);
}

/** Takes the release away with all that it made, and waits until that is gone. */
export async function uninstallRelease(on: HelmOnHost): Promise<void> {
  await helm(on, 'uninstall', on.wanted.release, '--wait', `--timeout=${HELM_SECONDS}s`);
}
