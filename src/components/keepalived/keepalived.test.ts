import { describe, expect, it } from 'vitest';
import type { CommandOutput, FactView } from '../../core/fact.ts';
import type { Topology } from '../../core/topology.ts';
import { checks } from './checks.ts';
import { desired } from './desired.ts';
import { discover } from './discover.ts';
import { printDropIn } from './drop-in.ts';
import { printKeepalivedConf, readKeptConf } from './keepalived-conf.ts';
import { oneByOne } from './one-by-one.ts';
import type { SettledSection } from './settled.ts';

const VIP = '10.0.50.20';
const MACS: Readonly<Record<string, string>> = {
  '10.0.50.11': 'ea:d4:01:3e:83:d9',
  '10.0.50.12': '3e:ba:a9:69:dd:88',
  '10.0.50.13': '2e:9f:1b:92:a3:e5',
};
const HOSTS = Object.keys(MACS);

const topology: Topology = {
  clusterName: 'konvoy',
  provider: 'none',
  hosts: [
    ...HOSTS.map((address) => ({ address, role: 'control-plane' as const, nodePool: 'control-plane', sshPort: 22 })),
    { address: '10.0.50.21', role: 'worker', nodePool: 'worker', sshPort: 22 },
  ],
  endpoint: { host: VIP, port: 6443 },
  vip: VIP,
  podSubnet: '192.168.0.0/16',
  serviceSubnet: '10.0.51.0/24',
  kubernetesVersion: '1.36.3',
  encapsulation: 'ipip',
  bgp: true,
  metallbLayer2: false,
  metallbBgp: false,
  metallbBfd: false,
};

const conf = {
  address: '10.0.50.11',
  peers: ['10.0.50.12', '10.0.50.13'],
  vip: VIP,
  interface: 'eth0',
  vrid: 51,
  rank: 0,
};

/** What hosts print; the shapes are recorded from Debian 12 (iproute2 6.1). */
interface Segment {
  readonly holder?: string;
  readonly confs?: Readonly<Record<string, string>>;
  /** MAC address that answers for the virtual address. */
  readonly answeredBy?: string;
  /** Lines of the listener. */
  readonly heard?: readonly string[];
  /** Asked hosts that get no answer although somebody holds the address. */
  readonly deaf?: readonly string[];
  readonly withoutRoute?: readonly string[];
  /** Has got the address after it was asked for its interfaces, and before it was asked for its route to it. */
  readonly becomesHolder?: string;
}

function play(segment: Segment): FactView {
  const print = (stdout: string, exit = 0, stderr = ''): CommandOutput => ({ stdout, exit, stderr });
  const answer = (host: string, name: string): CommandOutput => {
    const { holder, answeredBy } = segment;
    switch (name) {
      case 'file-content': {
        const text = segment.confs?.[host];
        return text === undefined ? print('', 1, 'cat: x: No such file or directory') : print(text);
      }
      case 'network interfaces': {
        const addresses = [{ local: host, prefixlen: 24, scope: 'global' }];
        if (host === holder) addresses.push({ local: VIP, prefixlen: 32, scope: 'global' });
        return print(
          JSON.stringify([{ ifname: 'eth0', flags: ['UP'], address: MACS[host] ?? '', addr_info: addresses }]),
        );
      }
      case 'route':
        if (segment.withoutRoute?.includes(host)) return print('', 2, 'RTNETLINK answers: Network is unreachable');
        return print(
          host === holder || host === segment.becomesHolder
            ? `[{"type":"local","dst":"${VIP}","dev":"lo"}]`
            : `[{"dst":"${VIP}","dev":"eth0"}]`,
        );
      case 'address probe': {
        const mac = answeredBy ?? (holder === undefined ? undefined : MACS[holder]);
        if (segment.withoutRoute?.includes(host)) return print('1 bash: connect: Network is unreachable\n');
        if (host === holder) return print('1 bash: /dev/tcp/x: Connection refused\n');
        if (mac === undefined || segment.deaf?.includes(host))
          return print(`124 \n[{"dst":"${VIP}","state":["INCOMPLETE"]}]\n`);
        return print(
          `1 x: line 1: /dev/tcp/x: Connection refused\n[{"dst":"${VIP}","dev":"eth0","lladdr":"${mac}"}]\n`,
        );
      }
      case 'VRRP adverts':
        if (segment.confs?.[host] !== undefined) return print('not needed\n');
        return print(['listening', ...(segment.heard ?? []), ''].join('\n'));
      default:
        return print('looked\n');
    }
  };
  return { get: (question) => ({ ok: true, value: question.parse(answer(question.host, question.name)) }) };
}

function settle(section: SettledSection, segment: Segment, random = 0.5) {
  const settled = discover(section, topology).settle(play(segment), () => random);
  return { ...settled, codes: settled.diagnostics.map(({ code }) => code) };
}

describe('keepalived.conf', () => {
  it('is read back as it was printed', () => {
    expect(readKeptConf(printKeepalivedConf(conf))).toEqual({ vip: VIP, interface: 'eth0', vrid: 51 });
    expect(readKeptConf('vrrp_instance x { virtual_router_id 9 }')).toBeUndefined();
  });

  it('speaks only with its peers, and not at all in unicast without any', () => {
    expect(printKeepalivedConf(conf)).toContain('10.0.50.12 min_ttl 255 max_ttl 255');
    expect(printKeepalivedConf({ ...conf, peers: [] })).not.toContain('unicast');
  });

  it('refuses values that would say something else', () => {
    expect(() => printKeepalivedConf({ ...conf, interface: 'eth0\n}' })).toThrow(/interface/);
    expect(() => printKeepalivedConf({ ...conf, vip: '10.0.50.20 }' })).toThrow(/virtual address/);
    expect(() => printKeepalivedConf({ ...conf, vrid: 256 })).toThrow(/256/);
  });

  it('lets no two of three hosts take over in the same moment', () => {
    const adverts = [0, 1, 2].map(
      (rank) => /down_timer_adverts (\d)/.exec(printKeepalivedConf({ ...conf, rank }))?.[1],
    );
    expect(new Set(adverts).size).toBe(3);
  });
});

describe('discovery', () => {
  it('finds the interface by the route and picks a router id that nobody was heard with', () => {
    const heard = Array.from(
      { length: 254 },
      (_, at) => `10.0.50.99 31${(at + 1).toString(16).padStart(2, '0')}640100010000c0a80001`,
    );
    const { section, codes } = settle({}, { heard });
    expect(section?.found).toMatchObject({ vrid: 255, moves: false });
    expect(section?.found?.interfaces.get('10.0.50.12')).toBe('eth0');
    expect(codes).toEqual([]);
  });

  it('keeps the router id that the hosts have, whatever the dice say, also on a host that is new', () => {
    const kept = printKeepalivedConf({ ...conf, vrid: 77 });
    const segment = { holder: '10.0.50.11', confs: { '10.0.50.11': kept, '10.0.50.12': kept } };
    expect(settle({}, segment).section?.found).toMatchObject({ vrid: 77, moves: false });
  });

  it('does not choose between hosts that disagree', () => {
    const confs = { '10.0.50.11': printKeepalivedConf(conf), '10.0.50.12': printKeepalivedConf({ ...conf, vrid: 9 }) };
    expect(settle({}, { confs }).codes).toEqual(['vrid-differs']);
    expect(settle({ vrid: 9 }, { confs })).toMatchObject({ codes: [], section: { found: { vrid: 9, moves: true } } });
  });

  it('refuses a router id that somebody else uses', () => {
    expect(settle({ vrid: 77 }, { heard: ['10.0.50.99 214d640100010000c0a80001'] }).codes).toEqual(['vrid-in-use']);
  });

  it('refuses an address that a stranger answers for, and one that konvoy did not put there', () => {
    expect(settle({}, { answeredBy: '02:00:00:00:00:99' }).codes).toEqual(['vip-in-use']);
    expect(settle({}, { holder: '10.0.50.12' }).codes).toEqual(['vip-in-use']);
    const kept = printKeepalivedConf(conf);
    expect(settle({}, { holder: '10.0.50.12', confs: { '10.0.50.12': kept } }).codes).toEqual([]);
  });

  it('knows the interface of a host that gets the address at this moment', () => {
    const moving = { becomesHolder: '10.0.50.11' };
    expect(settle({}, { ...moving, confs: { '10.0.50.11': printKeepalivedConf(conf) } }).codes).toEqual([]);
    expect(settle({}, moving).codes).toEqual(['vip-no-route']);
  });

  it('says which host has no route to the address', () => {
    const { codes, section } = settle({}, { withoutRoute: ['10.0.50.13'] });
    expect(codes).toEqual(['vip-no-route']);
    expect(desired(section, topology).some(({ host }) => host === '10.0.50.13')).toBe(false);
  });
});

describe('what is wanted', () => {
  const { section } = settle({}, {});

  it('is the same seven things on every control-plane host, and nothing on workers', () => {
    const wanted = desired(section, topology);
    expect(new Set(wanted.map(({ host }) => host))).toEqual(new Set(HOSTS));
    expect(wanted.filter(({ host }) => host === HOSTS[0]).map(({ kind, ensure }) => `${kind} ${ensure}`)).toEqual([
      'package present',
      'file present',
      'file present',
      'unit present',
      'file present',
      'file present',
      'unit present',
    ]);
  });

  it('is a hazard when it moves or removes the address', () => {
    const moved = settle({ vrid: 9 }, { confs: { '10.0.50.11': printKeepalivedConf(conf) } });
    const file = desired(moved.section, topology).find(({ address }) => address.endsWith('keepalived.conf'));
    expect(file?.hazards?.update).toBe('moves-vip');
    const gone = desired(undefined, topology).filter(({ host }) => host === HOSTS[0]);
    expect(gone.every(({ ensure }) => ensure === 'absent')).toBe(true);
    expect(gone.find(({ kind, hazards }) => kind === 'unit' && hazards?.delete === 'removes-vip')).toBeDefined();
  });

  it('can be shown without asking a host', () => {
    expect(desired({}, topology)).toHaveLength(21);
  });
});

describe('the order of hosts', () => {
  const kept = printKeepalivedConf(conf);

  it('puts the holder of the address last', () => {
    const { section } = settle({}, { holder: '10.0.50.12', confs: { '10.0.50.12': kept } });
    expect(oneByOne(section, topology)).toEqual(['10.0.50.11', '10.0.50.13', '10.0.50.12']);
  });

  it('does not matter while nobody holds it, or nobody shall', () => {
    expect(oneByOne(settle({}, {}).section, topology)).toBeUndefined();
    expect(oneByOne(undefined, topology)).toBeUndefined();
  });
});

describe('the unit', () => {
  it('takes the address away at once where it was killed, without waiting for an empty control group', () => {
    const text = printDropIn(VIP, 'eth0');
    expect(text).toContain('KillMode=process\n');
    expect(text).toContain(`ExecStopPost=-/sbin/ip address delete ${VIP}/32 dev eth0\n`);
  });
});

describe('the checks', () => {
  const judge = (id: string, segment: Segment) =>
    checks(settle({}, {}).section, topology)
      .find((check) => check.id === id)
      ?.judge(play(segment));

  it('want exactly one holder', () => {
    expect(judge('vip-holder', { holder: '10.0.50.12' })).toMatchObject({ is: 'pass' });
    expect(judge('vip-holder', {})).toMatchObject({ is: 'fail' });
  });

  it('tell a missing route from protection against spoofing, and from something on the way', () => {
    const holder = '10.0.50.11';
    const at = 'vip-reachable@10.0.50.21';
    expect(judge(at, { holder })).toMatchObject({ is: 'pass' });
    expect(judge(at, { holder, withoutRoute: ['10.0.50.21'] })).toMatchObject({
      summary: expect.stringContaining('no route'),
    });
    expect(judge(at, { holder, deaf: ['10.0.50.12', '10.0.50.13', '10.0.50.21'] })).toMatchObject({
      hint: expect.stringContaining('spoofing'),
    });
    expect(judge(at, { holder, deaf: ['10.0.50.21'] })).toMatchObject({
      summary: expect.stringContaining('own segment'),
    });
  });
});
