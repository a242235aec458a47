import { beforeEach, expect, it } from 'vitest';
import { openBundle } from '../../src/bundle/open-bundle.ts';
import { openPartFolder } from '../../src/bundle/part-folder.ts';
import { desired } from '../../src/components/addon-base/desired.ts';
import type { ProgramResource } from '../../src/core/resource.ts';
import { judging } from '../../src/kinds/judgement.ts';
import type { Writers } from '../../src/kinds/kind.ts';
import { programKind } from '../../src/kinds/program.ts';
import { FakeConnections, FakeHost } from '../support/fake-host.ts';
import { playPutProgram } from '../support/fake-put-program.ts';
import { judgeOnHosts } from '../support/judge-on-hosts.ts';
import { settle, writersFor } from '../support/settle.ts';
import { smallBundle } from '../support/small-bundle.ts';
import { topologyOf } from '../support/stand-in-kinds.ts';

const HOST = '10.0.50.11';
const kind = judging(programKind);
let host: FakeHost;
let writers: Writers;
let helm: ProgramResource;

beforeEach(async () => {
  const wanted = desired({ enabled: ['metallb'] }, topologyOf([[HOST, 'control-plane']]));
  const found = wanted.find((resource) => resource.kind === 'program');
  if (found === undefined) throw new Error('addons stand on no Helm');
  helm = found;
  host = new FakeHost(HOST);
  playPutProgram(host);
  const folder = await smallBundle([
    { name: 'helm', version: helm.part.version, file: 'bin/helm', data: 'helm of today' },
    { name: 'helm', version: '3.1.0', file: 'bin/helm-old', data: 'helm of old' },
  ]);
  writers = { ...writersFor(new FakeConnections([host])), parts: openPartFolder(await openBundle(folder)) };
});

it('Helm that is missing is put on a control plane before any addon', async () => {
  const { before, after } = await settle(kind, helm, writers);
  expect(before).toMatchObject({ verb: 'create', fields: [{ field: 'version', after: `helm ${helm.part.version}` }] });
  expect(after).toMatchObject({ fields: [] });
  expect(host.files.read('/usr/local/bin/helm')).toBe('helm of today');
});

it('Helm that is too old is replaced', async () => {
  await settle(kind, { ...helm, part: { name: 'helm', version: '3.1.0' } }, writers);
  const { before, after } = await settle(kind, helm, writers);
  expect(before).toMatchObject({ verb: 'update', fields: [{ field: 'version', before: 'helm 3.1.0' }] });
  expect(after).toMatchObject({ fields: [] });
  expect(host.files.read('/usr/local/bin/helm')).toBe('helm of today');
});

it('Helm of somebody else is not replaced unasked', async () => {
  host.files.makeFolders('/usr/local/bin');
  host.files.write('/usr/local/bin/helm', 'my own helm', 0o755);
  const judged = await judgeOnHosts(writers.hosts, kind, helm);
  expect(judged).toMatchObject({ is: 'judged', hazards: [{ id: expect.stringContaining('foreign') }] });
});
