import type { VerifiedRow } from '../../components/verification/judge.ts';

/** An element of XML: text stands in front of children. */
interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly text?: string;
  readonly children?: readonly XmlElement[];
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 knows no way to write control characters: they become U+FFFD. */
function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const printable = text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
  return printable.replaceAll(/[&<>"]/g, (char) => ENTITIES[char] ?? char);
}

function printElement({ name, attributes, text = '', children = [] }: XmlElement, indent: string): string {
  const words = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`);
  const inner = children.map((child) => printElement(child, `${indent}  `)).join('');
  const body = `${escapeXml(text)}${inner === '' ? '' : `\n${inner}${indent}`}`;
  return body === ''
    ? `${indent}<${name}${words.join('')}/>\n`
    : `${indent}<${name}${words.join('')}>${body}</${name}>\n`;
}

function outcomeOf({ verdict, summary, findings }: VerifiedRow): readonly XmlElement[] {
  if (verdict === 'pass') return [];
  if (verdict === 'skip') return [{ name: 'skipped', attributes: { message: summary } }];
  const layers = [...new Set(findings.map(({ layer }) => layer))].join(' ');
  const lines = findings.flatMap(({ layer, summary: said, evidence, hint }) => [
    `${layer}: ${said}`,
    ...evidence.map((line) => `  ${line}`),
    `hint: ${hint}`,
  ]);
  const text = lines.join('\n');
  // JUnit has no warnings: what one says goes with a case that has passed.
  if (verdict === 'warn') return [{ name: 'system-out', attributes: {}, text: `${summary}\n${text}` }];
  return [{ name: 'failure', attributes: { type: layers, message: summary }, text }];
}

/** Rows as JUnit's XML, which CI systems read: one suite, a case for each row. */
export function printJunit(rows: readonly VerifiedRow[], cluster: string, milliseconds: number): string {
  const count = (verdict: VerifiedRow['verdict']) => rows.filter((row) => row.verdict === verdict).length;
  const totals = { tests: rows.length, failures: count('fail'), skipped: count('skip'), errors: 0 };
  const suite: XmlElement = {
    name: 'testsuite',
    attributes: { name: `konvoy verify ${cluster}`, ...totals, time: (milliseconds / 1000).toFixed(3) },
    children: rows.map((row) => ({
      name: 'testcase',
      attributes: { classname: 'konvoy.verify', name: row.title },
      children: outcomeOf(row),
    })),
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${printElement({ name: 'testsuites', attributes: {}, children: [suite] }, '')}`;
}
