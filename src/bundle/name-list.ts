/** The names in a text with one on each line; `#` begins a comment. */
export function parseNames(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const name = line.replace(/#.*/, '').trim();
    return name === '' ? [] : [name];
  });
}
