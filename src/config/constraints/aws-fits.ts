import { balancerName } from '../../components/aws-nlb/names.ts';
import type { ConfigPath } from '../../core/address.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { awsSettings } from '../aws-section.ts';
import type { ConfigView } from '../constraint.ts';

/** Tags of the user's own on a load balancer: AWS takes 50, and konvoy's own are five. */
const MOST_TAGS = 45;

/** The load balancer of the API fits its zones, and it is said who may reach it. */
export function awsFits(config: ConfigView): readonly Diagnostic[] {
  const aws = awsSettings(config.cluster);
  if (aws === undefined) return [];
  const found: Diagnostic[] = [];
  const tell = (
    code: Diagnostic['code'],
    severity: 'error' | 'warning',
    path: ConfigPath,
    message: string,
    hint: string,
  ): void => {
    found.push({ code, severity, message, hint, at: config.inProvisioner(['spec', 'aws', ...path]) });
  };
  const { availabilityZones: zones, elb, tags = {} } = aws;
  if (zones.length === 0) {
    tell('provisioner', 'error', ['availabilityZones'], 'there is no availability zone', 'write at least one');
  }
  for (const [index, zone] of zones.entries()) {
    if (zones.indexOf(zone) !== index) {
      const message = `${zone} stands there twice: a load balancer has one subnet in each zone`;
      tell('provisioner', 'error', ['availabilityZones', index], message, 'keep it once, and its subnet');
    } else if (!zone.startsWith(aws.region)) {
      const hint = `write zones of ${aws.region}, or another region`;
      tell('provisioner', 'error', ['availabilityZones', index], `${zone} is no zone of ${aws.region}`, hint);
    }
  }
  if (!(elb?.internal ?? false) && (elb?.allowedCIDRs ?? []).length === 0) {
    const message = `the API is open to the whole Internet: ${balancerName(config.cluster.name)} has a public address`;
    const hint = 'name who may reach it in spec.aws.elb.allowedCIDRs, or write internal: true';
    tell('aws-open-api', 'warning', elb === undefined ? [] : ['elb'], message, hint);
  }
  if (Object.keys(tags).length > MOST_TAGS) {
    const message = `there are ${Object.keys(tags).length} tags, and AWS takes 50 with konvoy's own`;
    tell('provisioner', 'error', ['tags'], message, `keep ${MOST_TAGS}`);
  }
  for (const [key, value] of Object.entries(tags)) {
    const hint =
      'letters, digits, spaces and _.:/=+-@ are possible, 128 in the key and 256 in the value; aws: is AWS’s own';
    if (!isTagText(key, 128) || key === '' || /^(aws:|konvoy\/)/i.test(key)) {
      tell('provisioner', 'error', ['tags', key], `${key} is no key of a tag that AWS takes from konvoy`, hint);
    } else if (!isTagText(value, 256)) {
      tell('provisioner', 'error', ['tags', key], `the value of the tag ${key} is none that AWS takes`, hint);
    }
  }
  return found;
}

function isTagText(text: string, longest: number): boolean {
  return text.length <= longest && /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text);
}
