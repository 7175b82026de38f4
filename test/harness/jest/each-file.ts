import { afterAll } from '@jest/globals';
import { tearDown } from '../process/service-process.ts';
import './matchers.ts';

afterAll(tearDown, 30_000);
