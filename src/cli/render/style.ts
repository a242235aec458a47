import { styleText } from 'node:util';

/** Colours of a terminal, or none at all. */
export interface Style {
  good(text: string): string;
  bad(text: string): string;
  careful(text: string): string;
  strong(text: string): string;
  quiet(text: string): string;
}

const plain = (text: string) => text;

/** No colours: pipes, logs, `--no-color`, `NO_COLOR`. */
export const PLAIN: Style = { good: plain, bad: plain, careful: plain, strong: plain, quiet: plain };

const COLOURED: Style = {
  good: (text) => styleText('green', text, { validateStream: false }),
  bad: (text) => styleText('red', text, { validateStream: false }),
  careful: (text) => styleText('yellow', text, { validateStream: false }),
  strong: (text) => styleText('bold', text, { validateStream: false }),
  quiet: (text) => styleText('dim', text, { validateStream: false }),
};

/** Colours where there is a terminal that may have them. */
export function chooseStyle(
  sink: { readonly isTerminal: boolean },
  options: { color: boolean; env: Readonly<Record<string, string | undefined>> },
): Style {
  const wanted = options.color && (options.env.NO_COLOR ?? '') === '' && options.env.TERM !== 'dumb';
  return wanted && sink.isTerminal ? COLOURED : PLAIN;
}
