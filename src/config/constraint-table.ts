import type { Constraint } from './constraint.ts';
import { addonsKnown } from './constraints/addons-known.ts';
import { addonsOnce } from './constraints/addons-once.ts';
import { addonsProvided } from './constraints/addons-provided.ts';
import { admissionPlugins } from './constraints/admission-plugins.ts';
import { awsFits } from './constraints/aws-fits.ts';
import { containerdConfig } from './constraints/containerd-config.ts';
import { controlPlaneCount } from './constraints/control-plane-count.ts';
import { dns } from './constraints/dns.ts';
import { endpointComplete } from './constraints/endpoint-complete.ts';
import { hostsOnce } from './constraints/hosts-once.ts';
import { imageRegistries } from './constraints/image-registries.ts';
import { keepalivedFits } from './constraints/keepalived-fits.ts';
import { kubeProxyMode } from './constraints/kube-proxy-mode.ts';
import { metallbAdvertisements } from './constraints/metallb-advertisements.ts';
import { metallbNames } from './constraints/metallb-names.ts';
import { metallbPeers } from './constraints/metallb-peers.ts';
import { metallbPlaces } from './constraints/metallb-places.ts';
import { metallbPools } from './constraints/metallb-pools.ts';
import { metallbResources } from './constraints/metallb-resources.ts';
import { nodePoolsDeclared } from './constraints/node-pools-declared.ts';
import { provisionerFits } from './constraints/provisioner-fits.ts';
import { rangesApart } from './constraints/ranges-apart.ts';
import { routeReflectors } from './constraints/route-reflectors.ts';
import { subnetSizes } from './constraints/subnet-sizes.ts';
import { versionsProven } from './constraints/versions-proven.ts';

/** Every law across sections. The order does not matter: what they find is sorted by position. */
export const CONSTRAINTS: readonly Constraint[] = [
  addonsKnown,
  addonsOnce,
  addonsProvided,
  admissionPlugins,
  awsFits,
  containerdConfig,
  controlPlaneCount,
  dns,
  endpointComplete,
  hostsOnce,
  imageRegistries,
  keepalivedFits,
  kubeProxyMode,
  metallbAdvertisements,
  metallbNames,
  metallbPeers,
  metallbPlaces,
  metallbPools,
  metallbResources,
  nodePoolsDeclared,
  provisionerFits,
  rangesApart,
  routeReflectors,
  subnetSizes,
  versionsProven,
];
