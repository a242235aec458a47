import { knownSecrets, type Secret } from './secret.ts';

/** A shorter secret is replaced only where it stands as a word: replacing each "ab" would make every text unreadable. */
const SHORT = 4;

/** How a value may look inside of a text: as it is, within a JSON string, within single quotes of a shell. */
function spellings(secret: Secret): readonly string[] {
  const value = secret.reveal();
  return [...new Set([value, value.trim(), JSON.stringify(value).slice(1, -1), value.replaceAll("'", "'\\''")])].filter(
    (text) => text !== '',
  );
}

function replaceWord(text: string, word: string, by: string): string {
  const escaped = word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replaceAll(new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, 'g'), () => by);
}

/**
 * Replaces every secret of this run by its digest. Stands before everything that is printed or stored: terminal, logs,
 * JSON, saved plans, errors.
 */
export function redact(text: string): string {
  let result = text;
  const secrets = [...knownSecrets()].sort((a, b) => b.reveal().length - a.reveal().length);
  for (const secret of secrets) {
    for (const spelling of spellings(secret)) {
      if (spelling.length < SHORT) result = replaceWord(result, spelling, secret.toString());
      else result = result.replaceAll(spelling, () => secret.toString());
    }
  }
  return result;
}
