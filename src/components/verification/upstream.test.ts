import { describe, expect, it } from 'vitest';
import { forwardsOf, noUpstream } from './upstream.ts';

describe('where CoreDNS sends other names', () => {
  it('is its node, or addresses, of every server of the Corefile', () => {
    const corefile = `.:53 {
    errors
    # forward . 9.9.9.9
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
}
example.com:53 {
    forward . 10.0.50.1 dns://10.0.50.2:5353 tls://10.0.50.3 # ours
}`;
    expect(forwardsOf(corefile)).toEqual({
      toNode: true,
      servers: [
        { address: '10.0.50.1', port: 53 },
        { address: '10.0.50.2', port: 5353 },
      ],
    });
    expect(forwardsOf('.:53 {\n  cache\n}')).toEqual({ toNode: false, servers: [] });
  });

  it('is no reason to ask where nobody answers there', () => {
    const forwards = { toNode: true, servers: [] };
    const from = (code: number | undefined) =>
      noUpstream(forwards, [
        { server: '10.0.50.1:53', answer: code === undefined ? undefined : { code, addresses: [] } },
      ]);
    expect(from(3)).toBeUndefined();
    expect(from(undefined)).toBe('no upstream answers the nodes of CoreDNS either: 10.0.50.1:53 (silent)');
    expect(from(2)).toContain('(fails)');
    expect(noUpstream(forwards, [])).toBe('the nodes of CoreDNS have no name server');
    expect(noUpstream({ toNode: false, servers: [] }, [])).toContain('forwards to no address');
  });
});
