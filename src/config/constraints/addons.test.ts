import { expect, it } from 'vitest';
import { briefly, clusterText, configOf } from '../../../test/support/config-of.ts';

const METALLB =
  'metallb, enabled: true, values: "configInline: {address-pools: [{name: a, protocol: layer2, addresses: [10.0.50.25-10.0.50.26]}]}"';
const NETWORK = '  kubernetes: {networking: {serviceSubnet: 10.99.0.0/16}}\n';

function addons(...entries: readonly string[]): string[] {
  const list = entries.map((entry) => `        - {name: ${entry}}\n`).join('');
  return briefly(configOf(clusterText(`${NETWORK}  addons:\n    - addonsList:\n${list}`)));
}

it('Konvoy’s addons beside networking are told of once, and left alone', () => {
  const list = '[{name: dashboard, enabled: true}, {name: prometheus, enabled: true}, {name: velero, enabled: false}]';
  const found = configOf(clusterText(`${NETWORK}  addons:\n    - addonsList: ${list}\n`));
  const message = 'konvoy sets up networking only and leaves these addons alone: dashboard, prometheus';
  expect(found.diagnostics).toMatchObject([{ code: 'addon-not-managed', severity: 'warning', message }]);
});

it('an addon that nobody knows is an error that names the one that was meant', () => {
  const found = configOf(clusterText(`${NETWORK}  addons:\n    - addonsList: [{name: traefic, enabled: true}]\n`));
  expect(found.diagnostics).toMatchObject([
    { code: 'addon-unknown', severity: 'error', hint: 'did you mean traefik?' },
  ]);
});

it('Traefik wants somebody who gives its service an address', () => {
  expect(addons('traefik, enabled: true')).toEqual([expect.stringContaining('error addon-needs')]);
  expect(addons('traefik, enabled: true, values: "service: {spec: {type: NodePort}}"')).toEqual([]);
  expect(addons('traefik, enabled: true', METALLB)).toEqual([]);
  expect(addons('traefik, enabled: false')).toEqual([]);
});

it('values of Traefik 1.x are read in today’s names, or told with what replaces them', () => {
  const values = 'values: "{ssl: {enabled: true, enforced: true}, replicas: 3, dashboard: {enabled: true}}"';
  const found = addons(METALLB, `traefik, enabled: true, ${values}`);
  const at = 'cluster.yaml:8:50 spec.addons[0].addonsList[1].values';
  expect(found).toEqual([
    `warning former-spelling ${at}.replicas`,
    `warning former-spelling ${at}.ssl.enabled`,
    `warning former-spelling ${at}.ssl.enforced`,
    `error former-key ${at}.dashboard`,
  ]);
});

/** What is said of a literal block of values, the first line of which is line 10 of the file. */
function inBlock(...lines: readonly string[]): string[] {
  const values = lines.map((line) => `            ${line}\n`).join('');
  const addon = `        - name: metallb\n          enabled: true\n          values: |\n${values}`;
  const config = configOf(clusterText(`${NETWORK}  addons:\n    - addonsList:\n${addon}`));
  return config.diagnostics.map(({ code, message, at }) => {
    if (at === undefined) throw new Error(`${code} has no place`);
    const { line, column } = 'line' in at ? at : config.locate(at);
    return `${line}:${column} ${code} ${message}`;
  });
}

it('values that are no YAML are told at their line and column inside of the literal block', () => {
  expect(inBlock('configInline:', '  address-pools: [')).toEqual([expect.stringMatching(/^12:13 yaml-syntax /)]);
  expect(inBlock('configInline: {}', 'configInline: {}')).toEqual([expect.stringMatching(/^11:13 /)]);
});

it('values that are no mapping are told at the block', () => {
  for (const text of ['- configInline', 'configInline', '3', '{}\n            ---\n            {}']) {
    expect(inBlock(text)).toEqual([
      expect.stringMatching(
        /^9:19 wrong-type spec\.addons\[0\]\.addonsList\[0\]\.values must be the text of one YAML mapping/,
      ),
    ]);
  }
  expect(inBlock('# nothing yet')).toEqual([expect.stringMatching(/^7:17 metallb-no-pool /)]);
});
