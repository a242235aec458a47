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
