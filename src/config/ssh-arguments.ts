/** What `ansible_ssh_common_args` and its like say. */
export interface SshArguments {
  /** OpenSSH options, names in lower case; the first one of a name wins, as it does for ssh. */
  readonly options: Readonly<Record<string, string>>;
  /** Arguments that konvoy does not use, as they are written. */
  readonly unused: readonly string[];
  /** What cannot be read at all. */
  readonly problem?: string;
}

/** Flags of ssh that take a value, with the option they stand for. */
const FLAGS_AS_OPTIONS: Readonly<Record<string, string>> = { J: 'proxyjump', i: 'identityfile', p: 'port', l: 'user' };
const OTHER_FLAGS_WITH_VALUE = 'BbcDEeFILmOQRSWw';

/** Reads arguments of ssh as a shell would split them. Nothing is expanded. */
export function parseSshArguments(text: string): SshArguments {
  const words = splitWords(text);
  if (words === undefined) return { options: {}, unused: [], problem: 'has a quote that is not closed' };
  const options: Record<string, string> = {};
  const unused: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const flag = /^-([A-Za-z0-9])(.*)$/s.exec(word);
    const letter = flag?.[1] ?? '';
    const takesValue = letter === 'o' || letter in FLAGS_AS_OPTIONS || OTHER_FLAGS_WITH_VALUE.includes(letter);
    if (flag === null || letter === '' || !takesValue) {
      unused.push(word);
      continue;
    }
    let value = flag[2] ?? '';
    if (value === '') {
      index += 1;
      const next = words[index];
      if (next === undefined) return { options, unused, problem: `ends behind ${word}, which wants a value` };
      value = next;
    }
    const name = FLAGS_AS_OPTIONS[letter];
    if (name !== undefined) options[name] ??= value;
    else if (letter === 'o') {
      const option = /^\s*([A-Za-z0-9]+)\s*[= \t]\s*(.*)$/s.exec(value);
      if (option === null) return { options, unused, problem: `has -o ${value}, which is not Name=value` };
      options[(option[1] ?? '').toLowerCase()] ??= unquote(option[2] ?? '');
    } else unused.push(`${word} ${value}`);
  }
  return { options, unused };
}

/** OpenSSH takes a value in double quotes, too. */
function unquote(value: string): string {
  return /^".*"$/s.test(value) ? value.slice(1, -1) : value;
}

function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < text.length; index += 1) {
    const letter = text[index] ?? '';
    if (quote !== '') {
      if (letter === quote) quote = '';
      else if (letter === '\\' && quote === '"' && /["\\$`]/.test(text[index + 1] ?? '')) {
        index += 1;
        word = `${word ?? ''}${text[index]}`;
      } else word = `${word ?? ''}${letter}`;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (letter === '\\') {
      index += 1;
      word = `${word ?? ''}${text[index] ?? ''}`;
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = `${word ?? ''}${letter}`;
  }
  if (quote !== '') return undefined;
  if (word !== undefined) words.push(word);
  return words;
}
