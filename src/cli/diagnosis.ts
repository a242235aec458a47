import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import type { HostAddress } from '../core/address.ts';
import { ask } from '../core/fact.ts';
import { controlPlaneOf } from '../core/topology.ts';
import { type CheckResult, runChecks } from '../engine/verify.ts';
import { clusterTexts, type DiagnosticText, diagnosticText, HOST_TEXTS } from '../facts/diagnostic-texts.ts';
import { findLivingControlPlane } from '../kinds/kubectl.ts';
import type { ClusterSession } from './cluster-session.ts';
import type { CliContext } from './context.ts';
import { checksToJson, planToJson } from './render/json.ts';
import type { Json } from './render/json-value.ts';
import { statusOf, statusToJson } from './render/status-text.ts';
import { messageOf } from './render/words.ts';

/** A text of the archive. */
export interface DiagnosisFile {
  readonly name: string;
  readonly text: string;
}

/** One line of what the archive will hold. */
export interface PlannedContent {
  readonly name: string;
  readonly what: string;
}

/** Logs of earlier runs that go along, the newest first. */
const LOGS = 5;

/** What an archive about these hosts will hold. */
export function plannedContents(hosts: readonly HostAddress[]): readonly PlannedContent[] {
  const many = hosts.length === 1 ? `hosts/${hosts[0]}` : `hosts/… (${hosts.length} hosts)`;
  return [
    { name: 'konvoy.json', what: 'versions of konvoy and Node.js, when, and which hosts' },
    { name: 'plan.json', what: 'what konvoy up would change, as konvoy plan --output json shows it' },
    { name: 'status.json', what: 'what stands on the hosts, and the verdicts of checks' },
    { name: 'runs/…', what: `the logs of the last ${LOGS} runs in this folder` },
    ...clusterTexts('').map(({ file, what }) => ({ name: `cluster/${file}`, what })),
    ...HOST_TEXTS.map(({ file, what }) => ({ name: `${many}/${file}`, what })),
  ];
}

/** Asks everything. What cannot be read is a line that says so. */
export async function gatherDiagnosis(
  context: CliContext,
  session: ClusterSession,
  hosts: readonly HostAddress[],
  seed: number,
): Promise<readonly DiagnosisFile[]> {
  const { plan, findings, checks } = await session.plan(session.cluster.components, seed);
  const quiet = { observer: session.observer, report: () => undefined };
  const results: CheckResult[] = [];
  for (const phase of ['nodes', 'kubernetes', 'addons'] as const)
    results.push(...(await runChecks(checks, phase, quiet)));
  const status = statusOf(session.topology, findings, results, session.limit);
  const about = {
    konvoy: packageJson.version,
    node: process.version,
    at: new Date(context.now()).toISOString(),
    cluster: session.topology.clusterName,
    hosts,
  };
  return [
    json('konvoy.json', about),
    json('plan.json', planToJson(plan)),
    json('status.json', { status: statusToJson(status), checks: checksToJson(results) }),
    ...(await logsOf(context.cwd)),
    ...(await ofCluster(session)),
    ...(await ofHosts(session, hosts)),
  ];
}

function json(name: string, document: Json): DiagnosisFile {
  return { name, text: `${JSON.stringify(document, null, 2)}\n` };
}

async function logsOf(folder: string): Promise<readonly DiagnosisFile[]> {
  const runs = join(folder, 'runs');
  const names = (await readdir(runs).catch(() => [])).filter((name) => name.endsWith('.log')).sort();
  return await Promise.all(
    names.slice(-LOGS).map(async (name) => ({ name: `runs/${name}`, text: await readFile(join(runs, name), 'utf8') })),
  );
}

async function ofCluster(session: ClusterSession): Promise<readonly DiagnosisFile[]> {
  const controlPlane = controlPlaneOf(session.topology);
  try {
    const living = await findLivingControlPlane(controlPlane, session.hosts);
    if (living === undefined) return [{ name: 'cluster/objects.txt', text: 'there is no cluster\n' }];
    const texts = clusterTexts(`${living.host}:${controlPlane.port}`);
    return await textsOf(session, texts, living.host, 'cluster');
  } catch (error) {
    return [{ name: 'cluster/objects.txt', text: `${messageOf(error)}\n` }];
  }
}

async function ofHosts(session: ClusterSession, hosts: readonly HostAddress[]): Promise<readonly DiagnosisFile[]> {
  const found = await Promise.all(hosts.map((host) => textsOf(session, HOST_TEXTS, host, `hosts/${host}`)));
  return found.flat();
}

async function textsOf(
  { observer }: ClusterSession,
  texts: readonly DiagnosticText[],
  host: HostAddress,
  folder: string,
): Promise<readonly DiagnosisFile[]> {
  const asked = texts.map((text) => ({ name: `${folder}/${text.file}`, question: ask(diagnosticText, host, text) }));
  await observer.observe(asked.map(({ question }) => question));
  return asked.map(({ name, question }) => {
    const answer = observer.facts.get(question);
    return { name, text: answer.ok ? answer.value : `cannot be read: ${answer.why}\n` };
  });
}
