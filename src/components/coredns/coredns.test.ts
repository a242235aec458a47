import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PodResolvConf } from '../../facts/pod-resolv-conf.ts';
import { KUBEADM_COREFILE, OLD_COREFILE, SEED_COREFILE } from './cases/corefiles.ts';
import { expandCorefile } from './corefile/expand-corefile.ts';
import { parseCorefile } from './corefile/parse-corefile.ts';
import { printFinding } from './finding.ts';
import { judgeListeners, judgeProbes } from './judge-listeners.ts';
import { judgePlugins } from './judge-plugins.ts';
import { judgeUpstreams } from './judge-upstreams.ts';
import { migrateCorefile } from './migrate-corefile.ts';

const PROBES = { liveness: { port: 8080, path: '/health' }, readiness: { port: 8181, path: '/ready' } };
const USE = { release: '1.14.2', variables: new Map(), probes: PROBES };

function read(text: string) {
  const parsed = parseCorefile(text);
  const expanded = parsed.ok ? expandCorefile(parsed.value, new Map()) : parsed;
  if (!expanded.ok) throw new Error(printFinding(expanded.problem));
  return expanded.value;
}

function plugins(text: string, release: string | undefined = '1.14.2') {
  return judgePlugins(read(text), release).map((finding) => `${finding.severity} ${printFinding(finding)}`);
}

describe('plugins and options', () => {
  it('of kubeadm’s own text are all known', () => {
    expect(plugins(KUBEADM_COREFILE)).toEqual([]);
  });

  it('of the documentation’s text are known but for upstream, which stops CoreDNS', () => {
    expect(plugins(SEED_COREFILE)).toEqual([
      'fail Corefile:6:8: the option upstream of kubernetes is gone since CoreDNS 1.7.0: 1.14.2 does not start with it; instead: nothing: CoreDNS asks itself where CNAMEs lead',
    ]);
  });

  it('go through their time: upstream was welcome, then deprecated, then ignored', () => {
    const standing = (release: string) => plugins(SEED_COREFILE, release).map((line) => line.replace(/;.*/, ''));
    expect(standing('1.3.1')).toEqual([]);
    expect(standing('1.4.0')).toEqual([
      'warn Corefile:6:8: the option upstream of kubernetes is on its way out since CoreDNS 1.4.0',
    ]);
    expect(standing('1.6.9')).toEqual([
      'warn Corefile:6:8: the option upstream of kubernetes does nothing since CoreDNS 1.5.0',
    ]);
  });

  it('that a release does not have yet stop it', () => {
    const found = plugins('. {\n  multisocket 2\n  cache {\n    keepttl\n  }\n}\n', '1.9.4');
    expect(found).toEqual([
      'fail Corefile:2:3: the plugin multisocket came with CoreDNS 1.12.0: 1.9.4 does not start with it',
      'fail Corefile:4:5: the option keepttl of cache came with CoreDNS 1.10.1: 1.9.4 does not start with it',
    ]);
  });

  it('that nobody knows are failures of a release that is known, and doubts about any other', () => {
    const text = '. {\n  kubernets cluster.local\n  forward . 1.1.1.1 {\n    max_failss 3\n  }\n  constructor\n}\n';
    expect(plugins(text).map((line) => line.slice(0, 45))).toEqual([
      'fail Corefile:2:3: CoreDNS knows no plugin ku',
      'fail Corefile:4:5: CoreDNS knows no option ma',
      'fail Corefile:6:3: CoreDNS knows no plugin co',
    ]);
    expect(
      judgePlugins(read(text), '1.14.2')
        .map(({ hint }) => hint)
        .slice(0, 2),
    ).toEqual(['is kubernetes meant?', 'is max_fails meant?']);
    expect(judgePlugins(read(text), undefined).map(({ severity }) => severity)).toEqual(['warn', 'warn', 'warn']);
    expect(judgePlugins(read(text), '1.15.0').map(({ severity }) => severity)).toEqual(['warn', 'warn', 'warn']);
  });

  it('may stand in a snippet, and are found where they are written', () => {
    const found = plugins('(old) {\n  upstream\n}\n. {\n  kubernetes cluster.local {\n    import old\n  }\n}\n');
    expect(found).toHaveLength(1);
    expect(found[0]).toContain('Corefile:2:3: the option upstream of kubernetes');
  });

  it('of hosts are addresses with names, too', () => {
    expect(plugins('. {\n  hosts {\n    10.0.0.1 a.b\n    fd00::1 c\n    ttl 60\n  }\n}\n')).toEqual([]);
    expect(plugins('. {\n  hosts {\n    fallthru\n  }\n}\n')).toHaveLength(1);
  });

  it('come once where CoreDNS takes them once', () => {
    expect(plugins('. {\n  cache\n  forward . 1.1.1.1\n  cache 10\n  forward a.b 1.1.1.1\n}\n')).toEqual([
      'fail Corefile:4:3: cache stands here for the second time (line 2), and CoreDNS does not start with that',
    ]);
    expect(plugins('. {\n  forward . 1.1.1.1\n  forward a.b 1.1.1.1\n}\n', '1.9.3')).toHaveLength(1);
  });

  it('out of a file that konvoy does not see are a doubt', () => {
    expect(plugins('. {\n  import custom/*.override\n}\n')).toEqual([
      'warn Corefile:2:10: konvoy does not see what is imported from custom/*.override',
    ]);
  });
});

describe('what the kubelet asks for', () => {
  const probes = (text: string, given = PROBES) => judgeProbes(read(text), given).map(printFinding);

  it('is answered by health and ready', () => {
    expect(probes(KUBEADM_COREFILE)).toEqual([]);
  });

  it('is missed where a plugin is missing', () => {
    expect(probes(SEED_COREFILE)).toEqual([
      'Corefile:1:1: there is no ready: the kubelet asks port 8181 for /ready, so pods of CoreDNS never become ready, and nobody is asked for names',
    ]);
    expect(probes('. {\n  ready\n}\n')[0]).toContain('there is no health: the kubelet asks port 8080 for /health');
  });

  it('is missed where a plugin listens elsewhere', () => {
    expect(probes('. {\n  health localhost:8080\n  ready :8182\n}\n')).toEqual([
      'Corefile:2:10: health listens on localhost:8080, and the kubelet asks port 8080 for /health: the kubelet kills every pod of CoreDNS again and again',
      'Corefile:3:9: ready listens on :8182, and the kubelet asks port 8181 for /ready: pods of CoreDNS never become ready, and nobody is asked for names',
    ]);
  });

  it('is nothing where the Deployment asks nothing, or something else', () => {
    expect(
      probes('. {\n}\n', { ...PROBES, liveness: { port: 80, path: '/' }, readiness: { port: 80, path: '/' } }),
    ).toEqual([]);
  });
});

describe('ports and zones', () => {
  const listeners = (text: string) => judgeListeners(read(text)).map(printFinding);

  it('that two plugins want are told with both lines', () => {
    expect(listeners('. {\n  health :8181\n  ready\n  prometheus :53\n}\n')).toEqual([
      'Corefile:3:3: ready listens on port 8181, and so does health (line 2)',
      'Corefile:4:14: prometheus listens on port 53, and so does DNS (line 1)',
    ]);
    expect(listeners('. {\n  health 127.0.0.1:8181\n  ready 127.0.0.2:8181\n}\n')).toEqual([]);
  });

  it('may be shared by one plugin of several blocks', () => {
    expect(listeners('a.org {\n  ready\n  prometheus :9153\n}\nb.org {\n  ready\n  prometheus :9153\n}\n')).toEqual([]);
  });

  it('that are served twice are told, however they are written', () => {
    expect(listeners('. {\n}\nexample.org dns://.:53 {\n}\n')).toEqual([
      'Corefile:3:13: the zone . is served on port 53 already (line 1), and CoreDNS does not start with that',
    ]);
    expect(listeners('a.org:53 a.org:54 {\n}\ntls://a.org {\n}\nb.org {\n}\n')).toEqual([]);
    expect(listeners('Example.org. {\n}\nexample.org {\n}\n')).toHaveLength(1);
    expect(listeners('. {\n  bind 10.0.0.1\n}\n. {\n  bind 10.0.0.2\n}\n')).toEqual([]);
    expect(listeners('. {\n  view a {\n    expr true\n  }\n}\n. {\n}\n')).toEqual([]);
  });
});

describe('where questions go', () => {
  const OWN = '10.0.51.10';
  const upstreams = (text: string, given: Record<string, PodResolvConf> = {}) =>
    judgeUpstreams(read(text), new Map(Object.entries(given)), OWN).map(printFinding);
  const conf = (...nameServers: string[]): PodResolvConf => ({ path: '/etc/resolv.conf', nameServers });

  it('is fine where hosts name others', () => {
    expect(upstreams(SEED_COREFILE, { h1: conf('10.0.50.1', '192.0.2.1') })).toEqual([]);
    expect(upstreams('. {\n  forward . 10.0.50.1 127.0.0.1:5353\n}\n', { h1: conf('127.0.0.53') })).toEqual([]);
  });

  it('is CoreDNS itself where a host names its own stub', () => {
    expect(upstreams(SEED_COREFILE, { h1: conf('127.0.0.53'), h2: conf('1.1.1.1') })).toEqual([
      'Corefile:10:15: h1: /etc/resolv.conf names 127.0.0.53, which in a pod is the pod itself: the plugin loop ends CoreDNS for that',
    ]);
    expect(upstreams('. {\n  forward . /etc/resolv.conf\n}\n', { h1: conf('::1') })[0]).toContain(
      'goes round for ever',
    );
    expect(upstreams(SEED_COREFILE, { h1: conf(OWN) })[0]).toContain('names 10.0.51.10, which is CoreDNS itself');
  });

  it('is nowhere where a host names nobody', () => {
    expect(upstreams(SEED_COREFILE, { h1: conf() })).toEqual([
      'Corefile:10:15: h1: /etc/resolv.conf names no name server, and CoreDNS does not start without one',
    ]);
  });

  it('is CoreDNS itself where it is written so', () => {
    expect(upstreams(`. {\n  forward . 127.0.0.1 ${OWN}:53 tls://[::1]:53\n}\n`)).toHaveLength(3);
  });
});

function migrate(text: string, release = '1.14.2') {
  const migrated = migrateCorefile(text, { ...USE, release });
  if (!migrated.ok) throw new Error(printFinding(migrated.problem));
  return migrated.value;
}

describe('a migration', () => {
  it('makes kubeadm’s text of the documentation’s', () => {
    const { text, steps, left } = migrate(SEED_COREFILE);
    expect(text).toBe(KUBEADM_COREFILE);
    expect(left).toEqual([]);
    expect(steps[0]).toMatchObject({ line: 6, what: 'upstream of kubernetes goes: CoreDNS does not need it' });
  });

  it('leaves a text alone that has nothing to migrate', () => {
    expect(migrate(KUBEADM_COREFILE)).toMatchObject({ text: KUBEADM_COREFILE, steps: [], left: [] });
  });

  it('replaces what is gone and keeps everything else as it is written', () => {
    const { text, left } = migrate(OLD_COREFILE);
    expect(left).toEqual([]);
    expect(text).toBe(`.:53 {
    errors
    log {
        class denial error
    }
    health {
        lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        endpoint https://10.0.0.1:6443
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    transfer cluster.local in-addr.arpa ip6.arpa {
        to 10.0.0.9 10.0.0.10
    }
    prometheus :9153
    # the office asks the office
    forward example.org 10.9.9.9 {
        policy sequential # never both
        force_tcp
    }
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    file /etc/coredns/zone.db office.example.org {
        reload 0
    }
    cache 30
    loop
    reload
}
`);
  });

  it('goes no further than the release that runs', () => {
    const { text } = migrate(OLD_COREFILE, '1.4.0');
    expect(text).toContain('federation cluster.local');
    expect(text).toContain('transfer to 10.0.0.9');
    expect(text).not.toContain('ready');
    expect(text).not.toContain('upstream');
    expect(text).toContain('forward . /etc/resolv.conf');
  });

  it('says what it has no rule for, and leaves it', () => {
    const { text, left } = migrate('. {\n  reverse 10.0.0.0/8 {\n    hostname x\n  }\n  health\n  ready\n}\n');
    expect(text).toContain('reverse 10.0.0.0/8');
    expect(left.map(printFinding)).toEqual([
      'Corefile:2:3: the plugin reverse is gone since CoreDNS 1.1.4: 1.14.2 does not start with it; instead: the plugin template',
    ]);
    const grpc = migrate('. {\n  proxy . 10.0.0.1 {\n    protocol grpc insecure\n  }\n  health\n  ready\n}\n');
    expect(grpc.text).toContain('protocol grpc insecure');
    expect(grpc.left).toHaveLength(1);
  });

  it('mends a snippet where it is written', () => {
    const { text } = migrate(
      '(old) { upstream }\n. {\n  kubernetes a.b {\n    import old\n  }\n  import old\n  ready\n}\n',
    );
    expect(text).toContain('(old) {  }\n');
    expect(text).not.toContain('upstream');
  });

  it('has nothing left to do when it is done, whatever the text was', () => {
    const line = fc.constantFrom(
      ...OLD_COREFILE.split('\n').slice(1, -2),
      ...SEED_COREFILE.split('\n').slice(1, -2),
      '    kubernetes {',
      '    health # h',
      '    upstream',
      '    import s',
      '    proxy . 1.1.1.1 {',
      '    }',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 14 }), fc.constantFrom('1.3.1', '1.6.9', '1.14.2'), (lines, release) => {
        const first = migrateCorefile(['(s) {', 'errors', '}', '. {', ...lines, '}', ''].join('\n'), {
          ...USE,
          release,
        });
        if (!first.ok) return;
        const again = migrateCorefile(first.value.text, { ...USE, release });
        expect(again.ok && again.value.steps.map(({ what }) => what)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
