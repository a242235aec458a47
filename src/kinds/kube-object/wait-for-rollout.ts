import { KonvoyError } from '../../core/errors.ts';
import { type JsonObject, objectAt } from '../../core/json.ts';
import { objectName } from '../../facts/kubectl-json.ts';
import type { Writers } from '../kind.ts';
import type { ApiHost } from '../kubectl.ts';

/** Seconds until a rollout that does not get on is given up: by far more than one pod of it needs. */
const STUCK_SECONDS = 120;
/** Seconds of one look: after each the user is told how far it is, and may have had enough. */
const LOOK_SECONDS = 5;

/**
 * Waits until every pod behind a DaemonSet or Deployment is of the present template and ready. Gives up where nothing
 * changes for two minutes; Ctrl-C ends the waiting, what was applied goes on rolling out.
 */
export async function waitForRollout(
  { writer, kubectl }: ApiHost,
  object: JsonObject,
  { step, signal }: Pick<Writers, 'step' | 'signal'>,
): Promise<void> {
  const metadata = objectAt(object, 'metadata');
  const what = `${String(object.kind).toLowerCase()}/${String(metadata.name)}`;
  const command = kubectl(
    'rollout',
    'status',
    what,
    `--namespace=${String(metadata.namespace)}`,
    `--timeout=${LOOK_SECONDS}s`,
  );
  let last = '';
  for (let still = 0; still < STUCK_SECONDS; still += LOOK_SECONDS) {
    if (signal.aborted) return;
    const { exit, stdout } = await writer.run(command, { expect: 'any' });
    if (exit === 0) return;
    const said = stdout.trim().split('\n').at(-1) ?? '';
    if (said !== last) still = 0;
    last = said;
    if (said !== '') step(said);
  }
  throw new KonvoyError(`${objectName(object)} does not become ready: ${last}`, {
    hint: `look at \`kubectl --namespace=${String(metadata.namespace)} get pods -o wide\` and describe the pod that is not ready; then run the same again`,
  });
}
