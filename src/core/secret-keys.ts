/** Whether the value under a key is a secret, that is never shown. The name decides, so that a misspelt one is safe too. */
export function isSecretKey(key: string): boolean {
  return /pass(?:word|wd|phrase)?$|_pass(?:word)?_|password|secret|token|^auth$|access_?key/i.test(key);
}
