import type { HostAddress } from './address.ts';
import type { JsonObject } from './json.ts';

/** A chart of a bundle; see `chartPartName`. */
export interface ChartName {
  /** `metallb`. */
  readonly name: string;
  /** Of the chart, not of what it installs: `0.16.1`. */
  readonly version: string;
}

/** What a release of Helm shall be. */
export interface HelmRelease {
  /** The control-plane host on which Helm runs and whose own API server it speaks to, and the port of that. */
  readonly host: HostAddress;
  readonly port: number;
  readonly release: string;
  readonly namespace: string;
  readonly chart: ChartName;
  /** All values over those of the chart itself. */
  readonly values: JsonObject;
  /** What stops working without it: asked before it is removed. */
  readonly serves: 'load-balancer-services' | 'ingresses';
}

/** The namespace of all addons, as users of Konvoy know it. */
export const ADDON_NAMESPACE = 'kubeaddons';

/** The name that a chart has among the parts of a bundle, where a program may have the same name. */
export function chartPartName(chart: string): string {
  return `chart ${chart}`;
}
