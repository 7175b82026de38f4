import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { configurationReference, envExample } from './reference.ts';

const committed = (path: string): string => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');

describe('The committed configuration documents (npm run generate:docs)', () => {
  it('are current in .env.example', () => {
    expect(committed('.env.example')).toBe(envExample());
  });

  it('are current in docs/reference/configuration.md', () => {
    expect(committed('docs/reference/configuration.md')).toBe(configurationReference());
  });
});
