import { afterAll } from 'vitest';
import { forgetSecrets } from '../../src/core/secret.ts';

/** Files of tests share a process; what was secret in one is a word like others in the next. */
afterAll(forgetSecrets);
