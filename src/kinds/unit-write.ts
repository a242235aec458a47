import type { HostWriter } from '../connections/host.ts';
import { CommandFailed } from '../core/errors.ts';
import { ask } from '../core/fact.ts';
import type { Change } from '../core/plan.ts';
import type { UnitResource } from '../core/resource.ts';
import { fileContent } from '../facts/file-content.ts';
import { fileStat } from '../facts/file-stat.ts';
import { startsAtBoot, type UnitState, unitState } from '../facts/unit-state.ts';
import { askWriter, askWriterAll } from './ask-writer.ts';
import { forget, memoryFile } from './host-memory.ts';
import type { Writers } from './kind.ts';
import { formerPath, parseFormer, printFormer, printInputs, startedPath } from './unit-memory.ts';

/** Lines of the journal that an error carries. */
const JOURNAL_LINES = 20;

/** Fails with the end of the unit's journal: systemctl itself only says where to look. */
async function failWithJournal(writer: HostWriter, unit: string, command: string, exit: number): Promise<never> {
  const { stdout } = await writer.run(
    ['journalctl', '--no-pager', '--quiet', '--output=cat', `--lines=${JOURNAL_LINES}`, `--unit=${unit}`],
    { expect: 'any' },
  );
  const hint = `look at it on ${writer.address} with \`journalctl -u ${unit}\`; its last lines:\n${stdout.trimEnd()}`;
  throw new CommandFailed(writer.address, command, exit, stdout, hint);
}

async function systemctl(writer: HostWriter, words: readonly string[], unit: string): Promise<void> {
  const { exit } = await writer.run(['systemctl', ...words, '--', unit], { expect: 'any' });
  if (exit !== 0) await failWithJournal(writer, unit, `systemctl ${words.join(' ')} ${unit}`, exit);
}

/** What has to happen so that the unit runs from the files as they are. */
function startVerb(wanted: UnitResource, now: UnitState, sameFiles: boolean): string | undefined {
  if (now.active !== 'active') return 'start';
  if (sameFiles) return undefined;
  return wanted.onChange === 'reload' && now.canReload ? 'reload' : 'restart';
}

/**
 * Reading all units again costs a host a tenth of a second, and a unit that systemd did not know is read when somebody
 * asks for it. But what runs already does not learn otherwise that it pulls the unit in from now on, and folders of drop-ins
 * that came since systemd last looked are not seen (252: a unit that dnf had brought began without them, and said so later).
 */
function mustReadUnitsAgain(
  { verb, resource: { unit, reads } }: Change<UnitResource>,
  now: UnitState,
  pullers: readonly UnitState[],
): boolean {
  const hasDropIn = reads.some((path) => path.includes(`/${unit}.d/`));
  return verb !== 'create' || hasDropIn || now.needsDaemonReload || pullers.some(({ active }) => active !== 'inactive');
}

/** Whether it is a program that ends, and is not under way: whoever starts it next, runs it from the files as they are. */
function isOneshotAtRest({ type, active }: UnitState): boolean {
  return type === 'oneshot' && (active === 'inactive' || active === 'failed');
}

async function writePresent(change: Change<UnitResource>, writer: HostWriter, { step }: Writers): Promise<void> {
  const wanted = change.resource;
  const { unit, reads, pulledInBy } = wanted;
  const host = writer.address;
  const stateOf = (name: string) => ask(unitState, host, { unit: name });
  const asked = {
    before: stateOf(unit),
    former: ask(fileContent, host, { path: formerPath(unit) }),
    startedFrom: ask(fileContent, host, { path: startedPath(unit) }),
  };
  const pullers = pulledInBy.map(stateOf);
  // Read before the start: a file that changes meanwhile is then noticed by the next run.
  const stats = reads.map((path) => ask(fileStat, host, { path }));
  const facts = await askWriterAll(writer, [...Object.values(asked), ...pullers, ...stats]);
  const before = facts.get(asked.before);
  const readsAgain = mustReadUnitsAgain(change, before, pullers.map(facts.get));
  const inputs = printInputs(stats.map((question, index) => ({ path: reads[index] ?? '', stat: facts.get(question) })));
  const started = memoryFile(startedPath(unit), `${inputs}\n`);
  // Then all that has to be noted goes together, and there is one command behind it.
  const notesFirst = isOneshotAtRest(before) && !readsAgain;
  const notes = notesFirst ? [started] : [];
  if (facts.get(asked.former) === undefined) {
    const state = { enabled: before.file === 'enabled', active: before.active === 'active' };
    notes.push(memoryFile(formerPath(unit), `${printFormer(state)}\n`));
  }
  if (notes.length > 0) await writer.writeFiles(notes);
  if (before.file === 'masked-runtime') await writer.run(['systemctl', 'unmask', '--runtime', '--', unit]);
  if (before.active === 'failed') await writer.run(['systemctl', 'reset-failed', '--', unit]);
  const enables = !startsAtBoot(before);
  if (enables && !notesFirst) await writer.run(['systemctl', '--no-reload', 'enable', '--', unit]);
  let now = before;
  if (readsAgain) {
    await writer.run(['systemctl', 'daemon-reload']);
    now = await askWriter(writer, asked.before);
  }
  const verb = startVerb(wanted, now, facts.get(asked.startedFrom)?.trimEnd() === inputs);
  if (verb !== undefined) {
    step(`${verb} ${unit}`);
    await systemctl(writer, enables && notesFirst ? ['--no-reload', '--now', 'enable'] : [verb], unit);
    await verifyRunning(writer, unit, now);
  }
  if (!notesFirst) await writer.writeFiles([started]);
}

/** A service that dies at once was started successfully all the same; a moment later the truth shows. */
async function verifyRunning(writer: HostWriter, unit: string, { type }: UnitState): Promise<void> {
  // It was waited for until it had ended well.
  if (type === 'oneshot') return;
  const question = ask(unitState, writer.address, { unit });
  const first = await askWriter(writer, question);
  const [, second] = await writer.query([['sleep', '1'], question.argv]);
  if (second === undefined) return;
  const after = question.parse(second);
  if (after.active === 'active' && after.restarts === first.restarts) return;
  await failWithJournal(writer, unit, `systemctl is-active ${unit}`, 3);
}

async function writeAbsent({ unit }: UnitResource, writer: HostWriter, { step }: Writers): Promise<void> {
  const host = writer.address;
  const text = await askWriter(writer, ask(fileContent, host, { path: formerPath(unit) }));
  if (text === undefined) return;
  const former = parseFormer(text);
  // What ran before konvoy goes on with what was put back; a definition that konvoy wrote is not loaded any more.
  await writer.run(['systemctl', 'daemon-reload']);
  const now = await askWriter(writer, ask(unitState, host, { unit }));
  step(`${unit}: ${printFormer(former)}`);
  if (!former.enabled && now.file === 'enabled') await writer.run(['systemctl', 'disable', '--', unit]);
  if (former.active && now.load === 'loaded') await systemctl(writer, ['restart'], unit);
  else if (now.active !== 'inactive') await writer.run(['systemctl', 'stop', '--', unit], { expect: [0, 5] });
  await writer.run(['systemctl', 'reset-failed', '--', unit], { expect: 'any' });
  await forget(writer, [startedPath(unit), formerPath(unit)]);
}

/** Makes a unit run, or puts it back to how it was before konvoy. */
export async function writeUnit(change: Change<UnitResource>, writers: Writers): Promise<void> {
  const writer = await writers.hosts.writer(change.resource.host);
  if (change.resource.ensure === 'absent') await writeAbsent(change.resource, writer, writers);
  else await writePresent(change, writer, writers);
}
