import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { root } from '../harness/process/service-process.ts';
import { buildGuideFeatures, existingFiles, generatedFolders, run, runGuideSpecs } from './feature-guides.ts';

describe('The features of npm run generate and of the guides add-a-feature, one-to-many, testing and graphql', () => {
  it('pass npm run check:lint and all of their specs', async () => {
    expect(await buildGuideFeatures()).toEqual(existingFiles);

    const eslint = join(root, 'node_modules/eslint/bin/eslint.js');
    expect(run(eslint, '--max-warnings', '0', ...generatedFolders)).toBe('');
    expect(runGuideSpecs()).toMatch(/^Tests: +\d+ passed, \d+ total$/m);
  }, 600_000);
});
