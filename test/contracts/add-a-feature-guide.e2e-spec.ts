import { describe, it } from '@jest/globals';
import { join } from 'node:path';
import { root } from '../harness/process/service-process.ts';
import { buildGuideFeatures, generatedFolders, run, runGuideSpecs } from './feature-guides.ts';

describe('npm run generate and the guides add-a-feature, one-to-many and testing', () => {
  it('edit two existing files and write features whose specs pass', async () => {
    await buildGuideFeatures();

    const prettier = join(root, 'node_modules/prettier/bin/prettier.cjs');
    run(prettier, '--check', ...generatedFolders, 'src/app.module.ts');
    // feature-guides.long-spec.ts runs it as well.
    runGuideSpecs('--testPathIgnorePatterns', 'notes-restart');
  }, 600_000);
});
