/** An absolute path from a folder and a path as a user writes it; `~/` stays where no home folder is known. */
export function resolvePath(workingFolder: string, path: string, homeFolder: string | undefined): string {
  if (path === '~' || path.startsWith('~/')) {
    return homeFolder === undefined ? path : resolvePath(homeFolder, `./${path.slice(2)}`, undefined);
  }
  const steps: string[] = [];
  for (const step of `${path.startsWith('/') ? '' : workingFolder}/${path}`.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return `/${steps.join('/')}`;
}
