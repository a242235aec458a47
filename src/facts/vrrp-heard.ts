import { type Fact, FactUnreadable } from '../core/fact.ts';

/** Somebody's VRRP advertisements on a segment. */
export interface HeardVrrp {
  readonly source: string;
  readonly version: number;
  /** Virtual router id, 1–255. */
  readonly vrid: number;
  /** The virtual addresses it speaks for, where the version says so. */
  readonly addresses: readonly string[];
}

/**
 * Both listen on a packet socket: a firewall on the host does not hide anything from it, and joining 224.0.0.18 makes
 * the network card and snooping switches pass it on. Perl is on every Debian, Python on every Red Hat; tcpdump is on
 * neither. They print `SOURCE PAYLOAD-IN-HEXADECIMAL`, each once.
 */
const PERL = [
  'use Socket; my ($dev, $seconds) = @ARGV;',
  'socket(my $join, PF_INET, SOCK_DGRAM, 0) or die "$!\\n";',
  // SIOCGIFINDEX; /sys may show another network namespace than the one this runs in.
  'my $ask = pack("a16 a24", $dev, ""); ioctl($join, 0x8933, $ask) or die "no interface $dev\\n";',
  'my $index = unpack("x16 i", $ask);',
  'setsockopt($join, 0, 35, inet_aton("224.0.0.18") . inet_aton("0.0.0.0") . pack("i", $index));',
  'socket(my $s, 17, 2, unpack("S", pack("n", 0x0800))) or die "$!\\n";',
  'bind($s, pack("S n i S C C a8", 17, 0x0800, $index, 0, 0, 0, "")) or die "$!\\n";',
  '$| = 1; print "listening\\n"; my %seen; $SIG{ALRM} = sub { exit 0 }; alarm $seconds;',
  'while (defined recv($s, my $p, 2048, 0)) {',
  '  next unless length($p) > 28 && ord(substr($p, 9, 1)) == 112;',
  '  my $line = inet_ntoa(substr($p, 12, 4)) . " " . unpack("H*", substr($p, (ord($p) & 15) * 4));',
  '  print "$line\\n" unless $seen{$line}++;',
  '}',
].join('\n');

const PYTHON = [
  'import socket, struct, sys, time',
  'dev, seconds = sys.argv[1], float(sys.argv[2])',
  'index = socket.if_nametoindex(dev)',
  'join = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)',
  'join.setsockopt(0, 35, socket.inet_aton("224.0.0.18") + socket.inet_aton("0.0.0.0") + struct.pack("i", index))',
  's = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))',
  's.bind((dev, 0x0800))',
  'print("listening", flush=True)',
  'end = time.monotonic() + seconds; seen = set()',
  'while True:',
  '    left = end - time.monotonic()',
  '    if left <= 0: break',
  '    s.settimeout(left)',
  '    try: p = s.recv(2048)',
  '    except socket.timeout: break',
  '    if len(p) <= 28 or p[9] != 112: continue',
  '    line = socket.inet_ntoa(p[12:16]) + " " + p[(p[0] & 15) * 4:].hex()',
  '    if line not in seen: seen.add(line); print(line, flush=True)',
].join('\n');

const PROGRAM = [
  'if [ "$3" != "" ] && grep -q -F -e "$4" -- "$3" 2>/dev/null; then echo "not needed"; exit 0; fi',
  'device=$(ip -o route get "$1" | sed -n "s/.* dev \\([^ ]*\\).*/\\1/p")',
  'if [ "$device" = lo ]; then device=$(ip -o -4 address show to "$1/32" | sed -n "s/^[0-9]*: *\\([^ @]*\\).*/\\1/p" | head -n 1); fi',
  'if [ "$device" = "" ]; then echo "there is no route to $1" >&2; exit 1; fi',
  'if perl -MSocket -e 1 2>/dev/null; then exec perl -e "$5" "$device" "$2"; fi',
  'for python in python3 /usr/libexec/platform-python; do',
  'if command -v "$python" >/dev/null 2>&1; then exec "$python" -c "$6" "$device" "$2"; fi; done',
  'echo "neither perl nor python3 is installed" >&2; exit 127',
].join('\n');

/** One advertisement out of its bytes (RFC 3768 5.1, RFC 9568 5.1). CARP shares protocol and place of the id. */
export function parseAdvert(source: string, payload: string): HeardVrrp | undefined {
  const bytes = payload.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
  const [versionAndType = 0, vrid = 0, , count = 0] = bytes;
  if ((versionAndType & 15) !== 1 || vrid === 0) return undefined;
  const addresses: string[] = [];
  for (let at = 0; at < count && 12 + at * 4 <= bytes.length; at += 1) {
    addresses.push(bytes.slice(8 + at * 4, 12 + at * 4).join('.'));
  }
  return { source, version: versionAndType >> 4, vrid, addresses };
}

export interface ListenArgs {
  /** Listens on the interface that leads to this IPv4 literal. */
  readonly address: string;
  /** 1–60. Three adverts of the slowest usual sender are 3 s. */
  readonly seconds: number;
  /** A file; where it holds `mark`, nothing is listened to and the answer is `undefined`. */
  readonly unlessMarked?: { readonly path: string; readonly mark: string };
}

/** VRRP on the segment that an address is reached by, multicast or sent to this host. */
export const vrrpHeard: Fact<ListenArgs, readonly HeardVrrp[] | undefined> = {
  name: 'VRRP adverts',
  command: ({ address, seconds, unlessMarked }) => [
    'sh',
    '-c',
    PROGRAM,
    'vrrp-heard',
    address,
    String(seconds),
    unlessMarked?.path ?? '',
    unlessMarked?.mark ?? '',
    PERL,
    PYTHON,
  ],
  parse({ exit, stdout, stderr }) {
    const [first, ...lines] = stdout.split('\n');
    if (first === 'not needed') return undefined;
    if (exit !== 0 || first !== 'listening') throw new FactUnreadable(stderr.trim() || 'could not listen');
    return lines.flatMap((line) => {
      const [source = '', payload = ''] = line.split(' ');
      const advert = payload === '' ? undefined : parseAdvert(source, payload);
      return advert === undefined ? [] : [advert];
    });
  },
};
