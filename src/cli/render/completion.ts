import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What may follow some words: `check` is followed by `preflight` and `nodes`. */
interface Place {
  /** The words so far, without `konvoy`: `check nodes`. */
  readonly path: string;
  readonly words: readonly { readonly name: string; readonly description: string }[];
}

/** Every command and sub-command with what may follow it. */
function placesOf(command: Command, path = ''): readonly Place[] {
  const children = command.commands.flatMap((child) =>
    [child.name(), ...child.aliases()].map((name) => ({ name, description: child.description() })),
  );
  const options = command.options.flatMap((option) =>
    option.long === undefined || option.long === null ? [] : [{ name: option.long, description: option.description }],
  );
  const arguments_ = command.registeredArguments.flatMap((argument) =>
    (argument.argChoices ?? []).map((name) => ({ name, description: argument.description })),
  );
  const below = command.commands.flatMap((child) =>
    [child.name(), ...child.aliases()].flatMap((name) => placesOf(child, path === '' ? name : `${path} ${name}`)),
  );
  return [{ path, words: [...children, ...arguments_, ...options] }, ...below];
}

/** Within single quotes of any of the three shells. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function printCases(places: readonly Place[]): string {
  return places
    .filter(({ words }) => words.length > 0)
    .map(({ path, words }) => `    ${quote(path)}) words=${quote(words.map(({ name }) => name).join(' '))} ;;`)
    .join('\n');
}

/** The words before the cursor that are commands name the place; files complete where nothing else does. */
const BASH = (cases: string) => `# konvoy completion for bash: eval "$(konvoy completion bash)"
_konvoy() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) [[ $word =~ ^[a-z]+$ ]] && path="\${path:+$path }$word" ;; esac
  done
  case $path in
${cases}
    *) words='' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _konvoy konvoy
`;

const ZSH = (cases: string) => `#compdef konvoy
# konvoy completion for zsh: eval "$(konvoy completion zsh)"
_konvoy() {
  local place='' word words_
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word =~ '^[a-z]+$' ]] && place="\${place:+$place }$word"
  done
  case $place in
${cases.replaceAll(') words=', ') words_=')}
    *) words_='' ;;
  esac
  if [[ -n $words_ ]]; then compadd -- \${=words_}; else _files; fi
}
compdef _konvoy konvoy
`;

function printFish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words }) => {
    const condition =
      path === ''
        ? '__fish_use_subcommand'
        : path
            .split(' ')
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join('; and ');
    return words.map(({ name, description }) => {
      const what = name.startsWith('--') ? `-l ${name.slice(2)}` : `-a ${name}`;
      return `complete -c konvoy -n ${quote(condition)} ${what} -d ${quote(description)}`;
    });
  });
  return `# konvoy completion for fish: konvoy completion fish | source\n${[...new Set(lines)].join('\n')}\n`;
}

/** A script that completes commands, sub-commands and options, made from the commands themselves. */
export function printCompletion(shell: Shell, program: Command): string {
  const places = placesOf(program);
  switch (shell) {
    case 'bash':
      return BASH(printCases(places));
    case 'zsh':
      return ZSH(printCases(places));
    case 'fish':
      return printFish(places);
  }
}
