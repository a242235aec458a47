// Prints "PASSED FAILED" of one suite. A suite that crashed, wrote nothing or ran nothing is a failure, and so is a skip in CI.
import { existsSync, readFileSync } from 'node:fs';

const [file, status] = process.argv.slice(2);
let passed = 0;
let failed = 0;
if (existsSync(file)) {
  const results = JSON.parse(readFileSync(file, 'utf8'));
  passed = results.numPassedTests;
  failed = results.numFailedTests;
  const skipped = results.numPendingTests + (results.numTodoTests ?? 0);
  if (process.env.CI === 'true') failed += skipped;
}
if (failed === 0 && (status !== '0' || passed === 0)) failed = 1;
console.log(`${passed} ${failed}`);
