import { describe, expect, it } from 'vitest';
import { FactUnreadable } from '../core/fact.ts';
import { arpAnswer } from './arp-answer.ts';
import { establishedTo } from './established-to.ts';
import { serviceRules } from './service-rules.ts';

const said = (stdout: string, exit = 0, stderr = '') => ({ exit, stdout, stderr });

describe('rules of kube-proxy for an address', () => {
  const parse = (stdout: string) => serviceRules.parse(said(stdout), { address: '10.0.50.25' });

  it('of iptables, where rules of others that name the address do not count', () => {
    const own =
      '-A KUBE-SERVICES -d 10.0.50.25/32 -p tcp -m comment --comment "web/shop:http loadbalancer IP" -m tcp --dport 80 -j KUBE-EXT-ABCDEFGH';
    expect(parse(`iptables ${own}\niptables -A INPUT -d 10.0.50.25/32 -j DROP\n`)).toEqual({
      by: 'iptables',
      rejects: false,
      lines: [own],
    });
  });

  it('of iptables, that turn traffic away', () => {
    const none =
      '-A KUBE-EXTERNAL-SERVICES -d 10.0.50.25/32 -p tcp -m comment --comment "web/shop has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable';
    expect(parse(`iptables ${none}\n`)).toMatchObject({ by: undefined, rejects: true });
  });

  it('of IPVS and of nftables', () => {
    expect(parse('ipvs 7: kube-ipvs0    inet 10.0.50.25/32 scope global kube-ipvs0\n')).toMatchObject({ by: 'ipvs' });
    expect(parse('nftables     10.0.50.25 . tcp . 80 : goto external-XYZ-web/shop/tcp/http,\n')).toMatchObject({
      by: 'nftables',
      rejects: false,
    });
    expect(parse('nftables     10.0.50.25 . tcp . 80 comment "web/shop" : goto reject-chain,\n')).toMatchObject({
      by: undefined,
      rejects: true,
    });
    expect(parse('')).toEqual({ by: undefined, rejects: false, lines: [] });
  });
});

describe('who answers for an address on the wire', () => {
  const parse = (route: object, neighbour: object | undefined) =>
    arpAnswer.parse(
      said(`${JSON.stringify([route])}\n--\n${JSON.stringify(neighbour === undefined ? [] : [neighbour])}\n`),
      { address: '10.0.50.25' },
    );
  const here = { dst: '10.0.50.25', dev: 'eth0', prefsrc: '10.0.50.11' };

  it('is the one in the table of neighbours', () => {
    expect(parse(here, { dst: '10.0.50.25', lladdr: '02:AA:00:00:00:02', state: ['REACHABLE'] })).toEqual({
      is: 'answered',
      mac: '02:aa:00:00:00:02',
    });
  });

  it('is nobody where the kernel asked in vain', () => {
    expect(parse(here, { dst: '10.0.50.25', state: ['FAILED'] }).is).toBe('silent');
    expect(parse(here, { dst: '10.0.50.25', lladdr: '02:aa:00:00:00:02', state: ['INCOMPLETE'] }).is).toBe('silent');
    expect(parse(here, undefined).is).toBe('silent');
  });

  it('cannot be told where the address is behind a router, or the host’s own', () => {
    expect(parse({ ...here, gateway: '10.0.50.1' }, undefined).is).toBe('routed');
    expect(parse({ type: 'local', dst: '10.0.50.25', dev: 'lo' }, undefined).is).toBe('own');
    expect(() => arpAnswer.parse(said('', 1, 'RTNETLINK answers: Network is unreachable'), { address: 'x' })).toThrow(
      FactUnreadable,
    );
  });
});

it('an established connection to a router is a line of ss', () => {
  const router = { address: '10.1.0.1', port: 179 };
  expect(establishedTo.parse(said('0      0      10.0.50.12:41234   10.1.0.1:179\n'), router)).toBe(true);
  expect(establishedTo.parse(said(''), router)).toBe(false);
  expect(() => establishedTo.parse(said('', 127), router)).toThrow(FactUnreadable);
});
