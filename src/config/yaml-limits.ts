import { Lexer } from 'yaml';

/** What one file may hold at most. 5,000 hosts are about 350 KiB and 150,000 tokens. */
export const YAML_LIMITS = {
  /** Bytes of a file; a larger one is refused unread. */
  bytes: 1024 * 1024,
  /** Lexical tokens: what parsing time grows with. */
  tokens: 300_000,
  /** Nested collections. */
  depth: 64,
  documents: 64,
  /** Lines that start with `%`: the parser's time grows with their square. */
  directives: 200,
  /** Nodes that aliases may expand to, all together. */
  aliasedNodes: 20_000,
  /** Problems of the text itself that are worth telling. */
  problems: 20,
} as const;

/** With these the lexer marks documents, broken flows and scalars; they are not in the text. */
const LEXER_MARKS = new Set(['\u0002', '\u0018', '\u001f']);

export interface LimitBreach {
  readonly code: 'yaml-too-deep' | 'yaml-too-large';
  readonly message: string;
  readonly offset: number;
}

/**
 * Finds what would make parsing slow or deep before it is parsed: the lexer is linear and does not recurse, the parser
 * behind it is not and does.
 */
export function findLimitBreach(text: string): LimitBreach | undefined {
  let offset = 0;
  let tokens = 0;
  let documents = 1;
  let directives = 0;
  let flowDepth = 0;
  let indicatorsOnLine = 0;
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > YAML_LIMITS.tokens) {
      return { code: 'yaml-too-large', message: `has more than ${YAML_LIMITS.tokens} YAML tokens`, offset };
    }
    const first = token[0];
    if (first === '\n' || first === '\r') indicatorsOnLine = 0;
    else if (token === '[' || token === '{') flowDepth += 1;
    else if (token === ']' || token === '}') flowDepth = Math.max(0, flowDepth - 1);
    else if (token === '-' || token === '?' || token === ':') indicatorsOnLine += flowDepth > 0 ? 0 : 1;
    else if (first === '%') directives += 1;
    else if (token === '---') {
      documents += 1;
      flowDepth = 0;
    }
    if (flowDepth > YAML_LIMITS.depth || indicatorsOnLine > YAML_LIMITS.depth) {
      return { code: 'yaml-too-deep', message: `nests collections more than ${YAML_LIMITS.depth} deep`, offset };
    }
    if (directives > YAML_LIMITS.directives) {
      return { code: 'yaml-too-large', message: `has more than ${YAML_LIMITS.directives} directives`, offset };
    }
    if (documents > YAML_LIMITS.documents) {
      return { code: 'yaml-too-large', message: `has more than ${YAML_LIMITS.documents} documents`, offset };
    }
    if (!LEXER_MARKS.has(token)) offset += token.length;
  }
  return undefined;
}
