import { type Argv, FactUnreadable } from '../core/fact.ts';
import { isJsonObject, type JsonObject, jsonAt, type JsonValue, toJson } from '../core/json.ts';
import { ADMIN_CONF } from './cluster-state.ts';

/** The API server on one control-plane host. */
export interface ApiAddress {
  readonly address: string;
  /** 1–65535. */
  readonly port: number;
}

/** A question to a host's own API server, with the administrator's credentials. */
export function kubectlQuestion({ address, port }: ApiAddress, ...args: readonly string[]): Argv {
  const server = `--server=https://${address}:${port}`;
  return ['kubectl', `--kubeconfig=${ADMIN_CONF}`, server, '--request-timeout=5s', ...args];
}

/** A text at a path of an object; undefined where there is none. */
export function textAt(value: JsonValue | undefined, ...path: readonly string[]): string | undefined {
  const found = jsonAt(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** A list at a path of an object; empty where there is none. */
export function listAt(value: JsonValue | undefined, ...path: readonly string[]): readonly JsonValue[] {
  const found = jsonAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The objects that kubectl has printed with `--output=json`: none, one, or a list of them. */
export function readObjects(stdout: string): readonly JsonObject[] {
  if (stdout.trim() === '') return [];
  let value: JsonValue;
  try {
    value = toJson(JSON.parse(stdout));
  } catch {
    throw new FactUnreadable(`kubectl printed "${stdout.slice(0, 80)}"`);
  }
  const items = textAt(value, 'kind')?.endsWith('List') ? listAt(value, 'items') : [value];
  return items.filter(isJsonObject);
}
