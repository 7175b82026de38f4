import { describe, it } from '@jest/globals';
import { join } from 'node:path';
import { root } from '../harness/process/service-process.ts';
import { buildGuideFeatures, generatedFolders, run, runGuideSpecs } from './feature-guides.ts';

describe('The features of npm run generate and of the guides add-a-feature, one-to-many and testing', () => {
  it('pass npm run check:lint and all of their specs', async () => {
    await buildGuideFeatures();

    run(join(root, 'node_modules/eslint/bin/eslint.js'), '--max-warnings', '0', ...generatedFolders);
    runGuideSpecs();
  }, 600_000);
});
