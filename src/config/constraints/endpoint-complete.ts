import type { Diagnostic, DocumentPlace } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';

/** The API's address has a port, and both files say the same. */
export function endpointComplete(config: ConfigView): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const override = config.cluster.spec.kubernetes.controlPlane.controlPlaneEndpointOverride;
  const inInventory = config.inventory?.endpoint;
  const at = config.inCluster(['spec', 'kubernetes', 'controlPlane', 'controlPlaneEndpointOverride']);
  const atInventory = config.inInventory(['all', 'vars', 'control_plane_endpoint']);
  const judgePort = (text: string | undefined, place: DocumentPlace): void => {
    if (text === undefined || text.includes(':')) return;
    const message = `the address of the API has no port: ${text} is read as ${text}:6443`;
    found.push({ code: 'endpoint-without-port', severity: 'warning', message, hint: `write ${text}:6443`, at: place });
  };
  judgePort(override, at);
  judgePort(inInventory, atInventory);
  const complete = (text: string): string => (text.includes(':') ? text : `${text}:6443`);
  if (override !== undefined && inInventory !== undefined && complete(override) !== complete(inInventory)) {
    const message = `control_plane_endpoint ${inInventory} is not used: controlPlaneEndpointOverride is ${override} (${config.where(at)})`;
    found.push({ code: 'endpoint-overridden', severity: 'info', message, at: atInventory });
  }
  return found;
}
