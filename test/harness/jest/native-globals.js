import { globals } from './native-runner.js';

export const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest, test } = globals;
