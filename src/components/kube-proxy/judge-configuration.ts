import { isNode, LineCounter, parseDocument } from 'yaml';
import { judgeBySchema, kubeProxyConfigurationSchema } from './configuration-schema.ts';

/** Something about the living configuration that its owner should know. */
export interface ConfigurationFinding {
  /** `fail`: a pod that starts with it ends at once. */
  readonly severity: 'fail' | 'warn';
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** Where in the document, such as `ipvs.strictArp`; empty: the whole. */
  readonly path: string;
  readonly message: string;
}

/** What is wrong with the text of a KubeProxyConfiguration. */
export function judgeConfiguration(text: string): readonly ConfigurationFinding[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'core', lineCounter: lines });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems = document.errors.map(({ code, message, pos: [start] }): ConfigurationFinding => {
    const [first = message] = message.split('\n');
    const isTwice = code === 'DUPLICATE_KEY';
    return {
      severity: isTwice ? 'warn' : 'fail',
      ...at(start),
      path: '',
      message: isTwice ? 'a field stands there twice' : first,
    };
  });
  if (problems.some(({ severity }) => severity === 'fail')) return problems;
  const found = judgeBySchema(kubeProxyConfigurationSchema, document.toJS({ maxAliasCount: 100 }));
  return [
    ...problems,
    ...found.map(({ path, message, isUnknownField }): ConfigurationFinding => {
      const node = document.getIn(path, true);
      const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
      return { severity: isUnknownField ? 'warn' : 'fail', ...at(offset), path: path.join('.'), message };
    }),
  ];
}

/** `config.conf:5:8: ipvs.strictArp …`, as compilers write it. */
export function printConfigurationFinding({ line, column, path, message }: ConfigurationFinding): string {
  return `config.conf:${line}:${column}: ${path === '' ? '' : `${path} `}${message}`;
}
