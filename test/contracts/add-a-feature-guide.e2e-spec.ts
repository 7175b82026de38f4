import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { root } from '../harness/process/service-process.ts';
import { buildGuideFeatures, existingFiles, generatedFolders, run, runGuideSpecs } from './feature-guides.ts';

describe('npm run generate and the guides add-a-feature, one-to-many, testing and graphql', () => {
  it('edit two existing files and write features whose specs pass', async () => {
    expect(await buildGuideFeatures()).toEqual(existingFiles);

    const prettier = join(root, 'node_modules/prettier/bin/prettier.cjs');
    const formatting = run(prettier, '--check', ...generatedFolders, 'src/app.module.ts');
    expect(formatting).toContain('All matched files use Prettier code style!');
    // feature-guides.long-spec.ts runs it as well.
    expect(runGuideSpecs('--testPathIgnorePatterns', 'notes-(restart|graphql)')).toMatch(
      /^Tests: +\d+ passed, \d+ total$/m,
    );
  }, 600_000);
});
