import { describe, expect, it } from 'vitest';
import { clusterText } from '../../test/support/config-of.ts';
import { loadConfig } from './load-config.ts';

const load = (...texts: readonly string[]) =>
  loadConfig({
    cluster: { file: 'cluster.yaml', text: clusterText('  kubernetes: {}\n') },
    extras: texts.map((text, index) => ({ file: `extras/kubernetes/${index}.yaml`, text })),
    workingFolder: '/folder',
    homeFolder: '/home/user',
  });
const problems = (...texts: readonly string[]) => {
  const { diagnostics, locate } = load(...texts);
  return diagnostics.map(({ code, severity, message, at }) => {
    const position = at === undefined ? undefined : 'line' in at ? at : locate(at);
    return `${severity} ${code} ${position?.file}:${position?.line}:${position?.column} ${message}`;
  });
};
const config = (name: string, more = '') => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${more}}\n`;

describe('manifests in extras/kubernetes', () => {
  it('are objects, also several in a file, and those of lists', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n`;
    const { sections, diagnostics } = load(`---\n${config('a')}---\n---\n${config('b', ', namespace: shop')}`, list);
    expect(diagnostics).toEqual([]);
    expect(sections?.extras?.objects.map(({ kind, metadata }) => [kind, metadata])).toEqual([
      ['ConfigMap', { name: 'a' }],
      ['ConfigMap', { name: 'b', namespace: 'shop' }],
      ['Namespace', { name: 'shop' }],
    ]);
  });

  it.each([
    ['no YAML', ['a: [\n'], /^error yaml-syntax extras\/kubernetes\/0\.yaml:/],
    ['no object', ['- 1\n'], /^error extras-object .*0\.yaml:1:1 an object of Kubernetes/],
    ['no kind, in the second document', [`${config('a')}---\napiVersion: v1\n`], /0\.yaml:5:1 an object/],
    [
      'no name',
      ['apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n'],
      /0\.yaml:1:1 a Pod without metadata\.name/,
    ],
    ['a Secret', ['apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n'], /no Secret belongs there/],
    [
      'one object in two files',
      [config('a'), config('a', ', namespace: default')],
      /^error duplicate-name .*1\.yaml:1:1 .*0\.yaml already/,
    ],
    [
      'more than fits into a word of a command',
      [`${config('a')}data: {a: "${'x'.repeat(110_000)}"}\n`],
      /has \d+ bytes/,
    ],
    ['something wrong within a list', ['apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n'], /0\.yaml:4:3 an object/],
  ])('have %s', (_, texts, expected) => {
    expect(problems(...texts)[0]).toMatch(expected);
    expect(load(...texts).sections).toBeUndefined();
  });

  it('of one name in two API groups are two objects', () => {
    expect(
      problems(
        'apiVersion: a.org/v1\nkind: Thing\nmetadata: {name: x}\n',
        'apiVersion: b.org/v1\nkind: Thing\nmetadata: {name: x}\n',
      ),
    ).toEqual([]);
  });
});
