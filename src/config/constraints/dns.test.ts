import { describe, expect, it } from 'vitest';
import { briefly, clusterText, configOf } from '../../../test/support/config-of.ts';

const problems = (dns: string) => briefly(configOf(clusterText(`  kubernetes:\n    dns: ${dns}\n`)));
const PATH = 'spec.kubernetes.dns';

describe('what cluster.yaml says of names', () => {
  it.each([
    [
      'is fine',
      '{upstreams: ["10.0.50.1:5353"], hosts: [{address: 10.0.50.9, names: [printer.example.org]}], cache: 60}',
      [],
    ],
    [
      'goes round by the stub of systemd-resolved',
      '{upstreams: [127.0.0.53]}',
      [`error dns cluster.yaml:5:23 ${PATH}.upstreams[0]`],
    ],
    [
      'goes round by the Service of CoreDNS',
      '{upstreams: [10.0.50.1, 10.0.0.10]}',
      [`error dns cluster.yaml:5:34 ${PATH}.upstreams[1]`],
    ],
    ['asks somebody else at that address', '{upstreams: ["10.0.0.10:5353"]}', []],
    [
      'takes names of the cluster',
      '{stubZones: [{zone: svc.Cluster.Local, upstreams: [10.0.50.1]}], hosts: [{address: 10.0.50.9, names: [x.cluster.local]}]}',
      [
        `error dns cluster.yaml:5:30 ${PATH}.stubZones[0].zone`,
        `error dns cluster.yaml:5:112 ${PATH}.hosts[0].names[0]`,
      ],
    ],
    [
      'has a zone twice, and a name that is one',
      '{stubZones: [{zone: a.org, upstreams: [10.0.50.1]}, {zone: A.org, upstreams: [10.0.50.1]}], hosts: [{address: 10.0.50.9, names: [a.org]}]}',
      [
        `error duplicate-name cluster.yaml:5:69 ${PATH}.stubZones[1].zone`,
        `error dns cluster.yaml:5:139 ${PATH}.hosts[0].names[0]`,
      ],
    ],
    ['has one pod alone', '{replicas: 1}', [`warning dns cluster.yaml:5:21 ${PATH}.replicas`]],
    [
      'names no address',
      '{upstreams: [ns.example.org]}',
      [`error invalid-value cluster.yaml:5:23 ${PATH}.upstreams[0]`],
    ],
    [
      'has a zone without name servers',
      '{stubZones: [{zone: a.org, upstreams: []}]}',
      [`error invalid-value cluster.yaml:5:48 ${PATH}.stubZones[0].upstreams`],
    ],
  ])('%s', (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});
