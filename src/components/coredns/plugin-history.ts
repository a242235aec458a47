import type { Release } from './versions.ts';

/**
 * When something came and went. `ignored`: CoreDNS reads it and does nothing. `removed`: CoreDNS does not start with it.
 * Without `since` it was there in the oldest release that the table speaks of.
 */
export interface History {
  readonly since?: Release;
  readonly deprecated?: Release;
  readonly ignored?: Release;
  readonly removed?: Release;
  /** What does the same now, as half a sentence. */
  readonly instead?: string;
}

/** A plugin of CoreDNS. */
export interface PluginHistory extends History {
  /** Its options by name; left out: konvoy does not judge them. */
  readonly options?: Readonly<Record<string, History>>;
  /** Whether lines of another form than an option are allowed among them. */
  readonly lines?: RegExp;
}

const ALWAYS: History = {};

function since(release: Release): History {
  return { since: release };
}

const ASKS_ITSELF = 'nothing: CoreDNS asks itself where CNAMEs lead';

const UPSTREAM: History = { ignored: '1.4.0', instead: ASKS_ITSELF };

const TRANSFER: History = { removed: '1.8.0', instead: 'the plugin transfer' };

const NO_RELOAD: History = { deprecated: '1.4.0', removed: '1.5.0', instead: '`reload 0`' };

/** A plugin that went without a time in which it was read and did nothing. */
function gone(removed: Release, instead: string): PluginHistory {
  return { removed, instead };
}

/**
 * The plugins of CoreDNS and the options of those that clusters use, by release: from core/dnsserver/zdirectives.go and
 * plugin/…/setup.go of each release, and what became of them from coredns/corefile-migration and the release notes.
 */
export const PLUGINS: Readonly<Record<string, PluginHistory>> = {
  acl: since('1.6.4'),
  any: since('1.5.1'),
  auto: {
    options: {
      directory: ALWAYS,
      no_reload: NO_RELOAD,
      reload: since('1.2.3'),
      transfer: TRANSFER,
      upstream: UPSTREAM,
    },
  },
  autopath: ALWAYS,
  azure: since('1.6.2'),
  bind: { options: { except: since('1.8.4') } },
  bufsize: since('1.6.6'),
  cache: {
    options: {
      denial: ALWAYS,
      disable: since('1.9.4'),
      keepttl: since('1.10.1'),
      prefer_positive: since('1.14.7'),
      prefetch: ALWAYS,
      serve_stale: since('1.6.6'),
      serve_stale_policy: since('1.14.7'),
      servfail: since('1.9.4'),
      success: ALWAYS,
    },
  },
  cancel: since('1.5.0'),
  chaos: ALWAYS,
  clouddns: since('1.6.3'),
  debug: ALWAYS,
  dns64: {
    since: '1.7.0',
    options: { allow_ipv4: since('1.8.7'), prefix: ALWAYS, translate_all: ALWAYS },
  },
  dnssec: ALWAYS,
  dnstap: ALWAYS,
  erratic: ALWAYS,
  errors: { options: { consolidate: since('1.2.6'), stacktrace: since('1.9.3') } },
  etcd: ALWAYS,
  federation: {
    deprecated: '1.6.3',
    removed: '1.7.0',
    instead: 'nothing: Kubernetes has no federation of that kind any more',
  },
  file: {
    options: {
      fallthrough: since('1.12.2'),
      no_reload: NO_RELOAD,
      reload: since('1.2.3'),
      reload_by_mtime: since('1.14.4'),
      transfer: TRANSFER,
      upstream: UPSTREAM,
    },
  },
  forward: {
    options: {
      doh_method: since('1.14.5'),
      except: ALWAYS,
      expire: ALWAYS,
      failfast_all_unhealthy_upstreams: since('1.12.1'),
      failover: since('1.13.0'),
      force_tcp: ALWAYS,
      health_check: ALWAYS,
      max_age: since('1.14.3'),
      max_concurrent: since('1.6.8'),
      max_connect_attempts: since('1.13.2'),
      max_fails: ALWAYS,
      max_idle_conns: since('1.14.1'),
      next: since('1.11.4'),
      next_on_nodata: since('1.14.4'),
      policy: ALWAYS,
      prefer_udp: since('1.2.0'),
      read_timeout: since('1.14.5'),
      resolver: since('1.14.4'),
      source_address: since('1.14.6'),
      tls: ALWAYS,
      tls_servername: ALWAYS,
    },
  },
  geoip: since('1.8.5'),
  grpc: {
    since: '1.5.0',
    options: { except: ALWAYS, fallthrough: since('1.12.3'), policy: ALWAYS, tls: ALWAYS, tls_servername: ALWAYS },
  },
  grpc_server: since('1.14.0'),
  header: since('1.8.5'),
  health: { options: { lameduck: ALWAYS } },
  hosts: {
    options: { fallthrough: ALWAYS, no_reverse: since('1.4.0'), reload: since('1.4.0'), ttl: since('1.4.0') },
    // An address and its names.
    lines: /^[0-9A-Fa-f.:%]*[.:][0-9A-Za-z.:%]*$/,
  },
  https: since('1.14.0'),
  https3: since('1.14.0'),
  k8s_external: {
    since: '1.3.0',
    options: { apex: ALWAYS, fallthrough: since('1.11.0'), headless: since('1.9.4'), ttl: ALWAYS },
  },
  kubernetes: {
    options: {
      apiserver_burst: since('1.14.0'),
      apiserver_max_inflight: since('1.14.0'),
      apiserver_qps: since('1.14.0'),
      endpoint: ALWAYS,
      endpoint_pod_names: ALWAYS,
      fallthrough: ALWAYS,
      ignore: ALWAYS,
      kubeconfig: since('1.2.3'),
      labels: ALWAYS,
      multicluster: since('1.12.2'),
      namespace_labels: since('1.5.0'),
      namespaces: ALWAYS,
      noendpoints: ALWAYS,
      pods: ALWAYS,
      resyncperiod: { deprecated: '1.5.0', ignored: '1.6.0', removed: '1.7.0', instead: 'nothing: the API is watched' },
      startup_timeout: since('1.12.3'),
      tls: ALWAYS,
      transfer: TRANSFER,
      ttl: ALWAYS,
      upstream: { deprecated: '1.4.0', ignored: '1.5.0', removed: '1.7.0', instead: ASKS_ITSELF },
      zonal: since('1.14.7'),
    },
  },
  loadbalance: { options: { prefer: since('1.12.4'), reload: since('1.10.1') } },
  local: since('1.8.1'),
  log: { options: { class: ALWAYS } },
  loop: since('1.2.1'),
  metadata: since('1.2.0'),
  minimal: since('1.8.4'),
  multisocket: since('1.12.0'),
  nomad: since('1.13.0'),
  nsid: ALWAYS,
  on: ALWAYS,
  pprof: ALWAYS,
  prometheus: ALWAYS,
  proxy: { deprecated: '1.4.0', removed: '1.5.0', instead: 'the plugin forward' },
  proxyproto: since('1.14.2'),
  quic: since('1.12.2'),
  ready: since('1.5.0'),
  reload: ALWAYS,
  reverse: gone('1.1.4', 'the plugin template'),
  rewrite: ALWAYS,
  root: ALWAYS,
  route53: ALWAYS,
  secondary: {
    options: {
      catalog: since('1.14.5'),
      fallthrough: since('1.14.4'),
      transfer: ALWAYS,
      upstream: { ...UPSTREAM, removed: '1.8.0' },
    },
  },
  shed: since('1.14.7'),
  shutdown: gone('1.1.0', 'the plugin on'),
  sign: since('1.6.3'),
  startup: gone('1.1.0', 'the plugin on'),
  template: ALWAYS,
  timeouts: since('1.10.1'),
  tls: ALWAYS,
  trace: ALWAYS,
  transfer: { since: '1.6.5', options: { source: since('1.14.5'), to: ALWAYS } },
  tsig: since('1.9.4'),
  view: since('1.10.0'),
  whoami: ALWAYS,
};

/** What CoreDNS takes only once in a server block, and since when more than once, where that changed. */
export const ONCE: ReadonlyMap<string, Release | undefined> = new Map([
  ['cache', undefined],
  ['errors', undefined],
  ['forward', '1.9.4'],
  ['grpc', undefined],
  ['hosts', undefined],
  ['kubernetes', undefined],
  ['loop', undefined],
  ['prometheus', undefined],
  ['ready', undefined],
]);
