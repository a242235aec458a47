import type { HostAddress } from '../core/address.ts';
import { KonvoyError } from '../core/errors.ts';
import type { Hazard, HazardId } from '../core/plan.ts';

/** A danger the user has agreed to, everywhere or on one host. */
export interface Acceptance {
  readonly id: HazardId;
  readonly host: HostAddress | undefined;
}

/** Dangers that nobody has agreed to. Nothing was changed. */
export class HazardsRefused extends KonvoyError {
  readonly hazards: readonly Hazard[];

  constructor(hazards: readonly Hazard[]) {
    const lines = hazards.map(({ id, address, message }) => `  ${id}@${hazardHost({ address })}: ${message}`);
    const flags = [...new Set(hazards.map(({ id }) => `--accept ${id}`))].join(' ');
    super(`this plan is dangerous and nothing was changed:\n${lines.join('\n')}`, {
      hint: `agree with ${flags}, or for one host with --accept ID@HOST`,
    });
    this.hazards = hazards;
  }
}

/** The host that a hazard is about: the first word of its address. */
export function hazardHost({ address }: Pick<Hazard, 'address'>): HostAddress {
  return address.split(' ', 1)[0] ?? address;
}

/** Throws `HazardsRefused` unless each danger is accepted. */
export function refuseHazards(hazards: readonly Hazard[], accepted: readonly Acceptance[]): void {
  const open = hazards.filter(
    (hazard) =>
      !accepted.some(({ id, host }) => id === hazard.id && (host === undefined || host === hazardHost(hazard))),
  );
  if (open.length > 0) throw new HazardsRefused(open);
}
