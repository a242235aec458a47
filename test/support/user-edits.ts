import { expect } from 'vitest';
import { kubectl } from './kubernetes-lab.ts';
import type { Lab } from './lab.ts';

/** Expects of `konvoy plan` in a working folder that it finds nothing to do. */
export async function expectNothingToDo(lab: Lab, folder: string): Promise<void> {
  const plan = await lab.konvoy(['plan', '--exit-code'], { cwd: folder });
  expect(plan.stdout).toContain('Nothing to do.');
  expect(plan.exit).toBe(0);
}

/** One text of a ConfigMap in kube-system, which users edit by hand. In jsonpath a dot within a name has a backslash before it. */
export function systemText(lab: Lab, folder: string, name: string, key: string) {
  const configMap = (...args: string[]) => kubectl(lab, folder, '--namespace=kube-system', ...args);
  return {
    read: () => configMap('get', 'configmap', name, `--output=jsonpath={.data.${key.replaceAll('.', '\\.')}}`),
    write: (text: string) =>
      configMap('patch', 'configmap', name, `--patch=${JSON.stringify({ data: { [key]: text } })}`),
  };
}
