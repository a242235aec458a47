import type { LinkFinding, PathLink } from '../../../core/path-link.ts';
import { judgeEndpoints } from '../../../facts/judge-service.ts';
import { judgeAddress, judgePool, judgeType } from './allocation.ts';
import {
  judgeAccepted,
  judgeAdvertisement,
  judgeAnnounced,
  judgeNodes,
  judgePolicy,
  judgeSessions,
} from './announcement.ts';
import { judgeArp, judgeFirewall, judgeReach, judgeRules } from './arrival.ts';
import type { ServiceCase } from './case.ts';

/** The machine that runs konvoy, for a person. */
const DEPLOYER_NAME = 'this machine';

/** The links of the chain, from the service to its clients. */
const LINKS: readonly [string, string, (found: ServiceCase) => LinkFinding][] = [
  ['type', 'MetalLB serves it', judgeType],
  ['pool', 'a pool may give it an address', judgePool],
  ['address', 'it has an address', judgeAddress],
  ['endpoints', 'pods are ready behind it', ({ story }) => judgeEndpoints(story)],
  ['configuration', 'MetalLB has accepted its configuration', judgeAccepted],
  ['advertisement', 'an advertisement is for it', judgeAdvertisement],
  ['nodes', 'there are nodes that may announce it', judgeNodes],
  ['traffic-policy', 'nodes that announce it may bring traffic to pods', judgePolicy],
  ['sessions', 'BGP sessions of announcing nodes are established', judgeSessions],
  ['announced', 'a speaker announces it', judgeAnnounced],
  ['kube-proxy', 'kube-proxy there knows the address', judgeRules],
  ['firewall', 'no firewall there drops its packets', judgeFirewall],
  ['arp', 'the node answers for the address on the wire', judgeArp],
  ['reach', 'a connection comes through', (found) => judgeReach(found, DEPLOYER_NAME)],
];

/** Every link of the chain with its verdict; the first that is broken is where to begin. Pure. */
export function explainService(found: ServiceCase): readonly PathLink[] {
  if (found.story === undefined) {
    const [first] = LINKS;
    return first === undefined ? [] : [linkOf(first, found)];
  }
  return LINKS.map((link) => linkOf(link, found));
}

function linkOf([id, title, judge]: (typeof LINKS)[number], found: ServiceCase): PathLink {
  return { id, title, evidence: [], ...judge(found) };
}
