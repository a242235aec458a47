import type { PortMatch } from '../../core/cluster-ports.ts';

/** The words of a match in the order of `iptables -S`; `comment` stands where iptables prints it among them. */
export function matchArgs(match: PortMatch, comment: readonly string[], commentFirst = false): readonly string[] {
  const [protocol, rest] = parts(match);
  return commentFirst ? [...protocol, ...comment, ...rest] : [...protocol, ...rest, ...comment];
}

function parts(match: PortMatch): readonly [readonly string[], readonly string[]] {
  if (match.protocol === 'all') return [[], []];
  if (match.protocol === 'icmp') {
    const type = match.code === undefined ? `${match.type}` : `${match.type}/${match.code}`;
    return [
      ['-p', 'icmp'],
      ['-m', 'icmp', '--icmp-type', type],
    ];
  }
  // A number, because not every host has a name for it.
  if (typeof match.protocol === 'number') return [['-p', `${match.protocol}`], []];
  const ports = match.from === match.to ? `${match.from}` : `${match.from}:${match.to}`;
  return [
    ['-p', match.protocol],
    ['-m', match.protocol, '--dport', ports],
  ];
}
