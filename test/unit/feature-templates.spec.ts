import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { featureNames, fillTemplate } from '../../src/cli/feature-names.ts';
import { stepsOf } from '../harness/process/guide.ts';
import { root } from '../harness/process/service-process.ts';

const read = (path: string): string => fs.readFileSync(join(root, path), 'utf8');
const steps = stepsOf(read('docs/guides/add-a-feature.md'));
const graphqlSteps = stepsOf(read('docs/guides/graphql.md'));
const names = featureNames('notes');

/** Prettier wraps lines of the guide by the length of its names. */
const withoutLayout = (text: string): string => text.replaceAll(/\s+/g, '').replaceAll(/,(?=[})\]])/g, '');

describe('docs/guides/add-a-feature.md', () => {
  it.each(steps.files)('shows what the generator writes: $path', ({ path, text }) => {
    const kind = /note\.ts$/.test(path) ? 'entity' : path.replace(/^.*\/(?:notes\.)?/, '').replace(/\.ts$/, '');
    const template = read(`templates/feature/${kind}.ts.txt`);

    expect(withoutLayout(text)).toBe(withoutLayout(fillTemplate(template, names)));
  });

  it('shows the model that the generator writes', () => {
    const model = fillTemplate(read('templates/feature/model.prisma.txt'), names);

    expect(steps.changes.map((change) => change.new).join('\n')).toContain(model.trim());
  });
});

describe('docs/guides/graphql.md', () => {
  it.each(graphqlSteps.files)('shows what the generator writes with --graphql: $path', ({ path, text }) => {
    const template = read(
      `templates/feature/${path.endsWith('.resolver.ts') ? 'resolver' : 'graphql-e2e-spec'}.ts.txt`,
    );

    expect(withoutLayout(text)).toBe(withoutLayout(fillTemplate(template, names, { graphql: true })));
  });

  it.each(['dto', 'module'])('shows what the generator changes with --graphql: notes.%s.ts', (kind) => {
    const template = read(`templates/feature/${kind}.ts.txt`);
    const changes = graphqlSteps.changes.filter(({ path }) => path.endsWith(`notes.${kind}.ts`));
    const changed = changes.reduce(
      (text, change) => text.replace(withoutLayout(change.old), withoutLayout(change.new)),
      withoutLayout(fillTemplate(template, names)),
    );

    expect(changes).toHaveLength(2);
    expect(changed).toBe(withoutLayout(fillTemplate(template, names, { graphql: true })));
  });
});
