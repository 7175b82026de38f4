import { describe, expect, it } from '@jest/globals';
import { buildSchema, findBreakingChanges } from 'graphql';
import fs from 'node:fs';
import { join } from 'node:path';

/** What a client of the released schema would find missing or refused, a line for each change. */
function breakingChanges(released: string, current: string): string[] {
  return findBreakingChanges(buildSchema(released), buildSchema(current)).map(({ description }) => description);
}

const schema = `
  enum Genre { CRIME POETRY }
  type Book { title: String! note: String genre: Genre! }
  input BookInput { title: String!, note: String }
  type Query { book(id: ID!): Book }
  type Mutation { createBook(input: BookInput!): Book }
`;

describe('breakingChanges', () => {
  it.each([
    ['an added field', 'note: String genre', 'note: String pages: Int genre'],
    ['an added argument that is optional', 'book(id: ID!)', 'book(id: ID!, edition: Int)'],
    ['a result that is no longer null', 'note: String genre', 'note: String! genre'],
    ['a member of an input that is no longer required', '{ title: String!, note', '{ title: String, note'],
  ])('finds none in %s', (_what, before, after) => {
    expect(breakingChanges(schema, schema.replace(before, after))).toEqual([]);
  });

  it.each([
    ['a field', 'note: String genre', 'genre', 'Book.note was removed.'],
    ['a root field', 'book(id: ID!): Book', 'library: Book', 'Query.book was removed.'],
    ['an argument', '(id: ID!)', '', 'Query.book arg id was removed.'],
    ['an enum value', 'CRIME POETRY', 'CRIME', 'POETRY was removed from enum type Genre.'],
    ['a member of an input', ', note: String', '', 'BookInput.note was removed.'],
    [
      'a non-null result',
      'title: String! note',
      'title: String note',
      'Book.title changed type from String! to String.',
    ],
    ['null in an input', ', note: String', ', note: String!', 'BookInput.note changed type from String to String!.'],
    [
      'a call without an argument',
      '(id: ID!)',
      '(id: ID!, edition: Int!)',
      'A required arg edition on Query.book was added.',
    ],
  ])('finds the removal of %s', (_what, before, after, change) => {
    expect(breakingChanges(schema, schema.replace(before, after))).toContain(change);
  });
});

describe('docs/schema.graphql', () => {
  const read = (name: string): string => fs.readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');

  it('breaks no client of docs/schema.released.graphql', () => {
    const broken = breakingChanges(read('schema.released.graphql'), read('schema.graphql'));

    if (broken.length === 0) return;
    throw new Error(
      `Clients of the released schema would break:\n  ${broken.join('\n  ')}\n` +
        'Revert the change; or if it is intended, describe it in CHANGELOG.md and run npm run openapi:baseline.',
    );
  });
});
