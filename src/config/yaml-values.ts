import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type ParsedNode, type Scalar } from 'yaml';
import type { Diagnostic } from '../core/diagnostic.ts';
import { YAML_LIMITS } from './yaml-limits.ts';

/** A problem at an offset of the text. */
export type OffsetProblem = Omit<Diagnostic, 'at'> & { readonly offset: number };

export interface YamlValue {
  readonly value: unknown;
  readonly problems: readonly OffsetProblem[];
  /** What each alias stands for. */
  readonly targets: ReadonlyMap<Node, Node>;
}

const KNOWN_TAGS = ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`);

/** Readers of YAML 1.1 (Ansible's among them) take these plain words for true and false; YAML 1.2 for text. */
const OLD_BOOLEAN = /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/;
const OCTAL = /^[-+]?0o?[0-9_]+$/;
const SEXAGESIMAL = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const UNDERSCORED = /^[-+]?[0-9][0-9_]*_[0-9_]*$/;

/**
 * Turns a parsed document into plain values, and tells of everything in it that two YAML readers would read
 * differently. Aliases and merge keys are expanded, up to a limit.
 */
export function toPlainValue(document: Document.Parsed): YamlValue {
  const problems: OffsetProblem[] = [];
  const anchors = new Map<string, Node>();
  const targets = new Map<Node, Node>();
  const underWay = new Set<Node>();
  let aliasDepth = 0;
  let aliasedNodes = 0;
  let exhausted = false;

  function problem(
    node: Node | null | undefined,
    severity: 'error' | 'warning',
    code: string,
    message: string,
    hint?: string,
  ): void {
    const found = { severity, code, message, offset: node?.range?.[0] ?? 0 };
    problems.push(hint === undefined ? found : { ...found, hint });
  }

  function convert(node: Node | null, depth: number): unknown {
    if (node === null || exhausted) return null;
    if (depth > YAML_LIMITS.depth) {
      problem(node, 'error', 'yaml-too-deep', `collections are nested more than ${YAML_LIMITS.depth} deep`);
      exhausted = true;
      return null;
    }
    if (aliasDepth > 0) {
      aliasedNodes += 1;
      if (aliasedNodes > YAML_LIMITS.aliasedNodes) {
        problem(node, 'error', 'yaml-alias-limit', `aliases expand to more than ${YAML_LIMITS.aliasedNodes} values`);
        exhausted = true;
        return null;
      }
    }
    if (isAlias(node)) return convertAlias(node, depth);
    const anchor = 'anchor' in node ? node.anchor : undefined;
    if (anchor !== undefined && aliasDepth === 0) anchors.set(anchor, node);
    const tag = node.tag;
    if (tag !== undefined && tag !== '!' && !KNOWN_TAGS.includes(tag)) {
      const hint = tag === '!vault' ? 'leave the password out and use --ask-become-pass' : 'write the plain value';
      problem(node, 'error', 'yaml-tag', `the tag ${tag} is not supported`, hint);
      return undefined;
    }
    underWay.add(node);
    let value: unknown;
    if (isMap(node)) value = convertMap(node.items as readonly PairNodes[], depth);
    else if (isSeq(node)) value = node.items.map((item) => convert(item as Node | null, depth + 1));
    else value = isScalar(node) ? convertScalar(node) : null;
    underWay.delete(node);
    return value;
  }

  function convertAlias(node: Node & { source: string }, depth: number): unknown {
    const target = targets.get(node) ?? anchors.get(node.source);
    if (target === undefined) {
      problem(node, 'error', 'yaml-alias-unknown', `the alias *${node.source} has no anchor before it`);
      return undefined;
    }
    if (underWay.has(target)) {
      problem(node, 'error', 'yaml-alias-limit', `the alias *${node.source} contains itself`);
      return undefined;
    }
    targets.set(node, target);
    aliasDepth += 1;
    const value = convert(target, depth);
    aliasDepth -= 1;
    return value;
  }

  function convertScalar(node: Scalar): unknown {
    const source = node.source;
    if (node.type !== 'PLAIN' || source === undefined || node.tag !== undefined) return node.value;
    if (OCTAL.test(source)) {
      const hint = 'write the decimal number without leading zeros, or quote it when it is text';
      problem(
        node,
        'error',
        'yaml-octal-number',
        `${source} is octal to some YAML readers and decimal to others`,
        hint,
      );
    } else if (OLD_BOOLEAN.test(source)) {
      const truth = /^(?:y|on)/i.test(source) ? 'true' : 'false';
      const hint = `write ${truth}, or quote it ("${source}") when it is text`;
      problem(
        node,
        'warning',
        'yaml-old-boolean',
        `${source} is text here, but ${truth} to YAML 1.1 readers such as Ansible`,
        hint,
      );
    } else if (SEXAGESIMAL.test(source) || UNDERSCORED.test(source)) {
      const message = `${source} is text here, but a number to YAML 1.1 readers such as Ansible`;
      problem(node, 'warning', 'yaml-old-number', message, `quote it: "${source}"`);
    }
    return node.value;
  }

  function convertMap(pairs: readonly PairNodes[], depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const keys = new Map<string, Node>();
    const merged: Record<string, unknown>[] = [];
    for (const { key: keyNode, value: valueNode } of pairs) {
      const plainKey = isAlias(keyNode) ? (targets.get(keyNode) ?? anchors.get(keyNode.source)) : keyNode;
      if (plainKey !== null && !isScalar(plainKey)) {
        problem(keyNode, 'error', 'yaml-key', 'a key must be plain text, not a list, a mapping or an unknown alias');
        continue;
      }
      const key = keyText(plainKey);
      if (key === '__proto__') {
        problem(keyNode, 'error', 'yaml-key', 'the key __proto__ is not allowed');
        continue;
      }
      if (key === '<<' && isScalar(plainKey) && plainKey.type === 'PLAIN') {
        merged.push(...mergeSources(valueNode, depth));
        continue;
      }
      if (keys.has(key)) {
        const text = `the key ${key === '' ? 'without a name' : JSON.stringify(key)} stands here a second time`;
        problem(keyNode ?? valueNode, 'error', 'yaml-duplicate-key', text, 'keep one of them');
        continue;
      }
      if (keyNode !== null) keys.set(key, keyNode);
      const value = convert(valueNode, depth + 1);
      // What cannot be read is told once, not again as an empty value.
      if (value !== undefined) result[key] = value;
    }
    for (const source of merged) {
      for (const [key, value] of Object.entries(source)) if (!(key in result)) result[key] = value;
    }
    return result;
  }

  function mergeSources(node: Node | null, depth: number): Record<string, unknown>[] {
    const value = convert(node, depth + 1);
    const sources = Array.isArray(value) ? value : [value];
    const maps = sources.filter((source): source is Record<string, unknown> => isRecord(source));
    if (maps.length !== sources.length) {
      problem(node, 'error', 'yaml-key', 'the merge key << takes a mapping, or a list of mappings');
    }
    return maps;
  }

  const value = convert(document.contents as ParsedNode | null, 0);
  return { value: exhausted ? null : value, problems, targets };
}

/** Key and value of a mapping's entry, as the parser leaves them. */
export interface PairNodes {
  readonly key: Node | null;
  readonly value: Node | null;
}

/** The text of a key: numbers and words as they are written, so that `10.10` stays `10.10`. */
export function keyText(node: Scalar | null): string {
  if (node === null || node.value === null) return '';
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

/** Whether a value is a mapping. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
