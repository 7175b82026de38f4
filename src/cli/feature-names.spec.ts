import { describe, expect, it } from '@jest/globals';
import { assertUsableIdentifiers, featureNames, fillTemplate } from './feature-names.ts';

describe('featureNames', () => {
  it('derives every spelling', () => {
    expect(featureNames('reading-lists')).toEqual({
      Plural: 'ReadingLists',
      Singular: 'ReadingList',
      plural: 'readingLists',
      singular: 'readingList',
      kebab_plural: 'reading-lists',
      kebab_singular: 'reading-list',
      snake_plural: 'reading_lists',
      snake_singular: 'reading_list',
      words_plural: 'reading lists',
      words_singular: 'reading list',
      Words_plural: 'Reading lists',
      Words_singular: 'Reading list',
      a_singular: 'a reading list',
      A_singular: 'A reading list',
    });
  });

  it.each([
    ['boxes', 'Box', 'a box'],
    ['addresses', 'Address', 'an address'],
    ['invoices', 'Invoice', 'an invoice'],
  ])('derives the singular of %s', (plural, singular, withArticle) => {
    expect(featureNames(plural)).toMatchObject({ Singular: singular, a_singular: withArticle });
  });

  it('takes the singular of a plural that does not end in s', () => {
    expect(featureNames('people-data', 'personal-record')).toMatchObject({
      Plural: 'PeopleData',
      Singular: 'PersonalRecord',
    });
    expect(() => featureNames('note')).toThrow('"note" does not end in "s": give its plural, or the singular');
  });

  it.each([
    'categories',
    'movies',
    'series',
    'batches',
    'caches',
    'heroes',
    'statuses',
    'status',
    'analysis',
    'progress',
  ])('requires the singular of %s', (plural) => {
    expect(() => featureNames(plural)).toThrow(
      `"${plural}" has no certain singular: give the singular as a second name`,
    );
    expect(featureNames(plural, 'entry')).toMatchObject({ Singular: 'Entry', a_singular: 'an entry' });
  });

  it.each(['classes', 'packages', 'indexes', 'references'])('rejects the reserved word in %s', (name) => {
    expect(() => featureNames(name)).toThrow(/^"\w+" is a reserved word: choose another name/);
  });

  it.each([undefined, '', 'Notes', 'reading_lists', '../notes', '-notes', 'x'.repeat(26) + 's'])(
    'rejects %s',
    (name) => {
      expect(() => featureNames(name)).toThrow(/^Usage: npm run generate/);
      expect(() => featureNames('notes', name ?? '')).toThrow(/^Usage: npm run generate/);
    },
  );
});

describe('assertUsableIdentifiers', () => {
  const template = "import { Module } from '@nestjs/common'; // events\nconst link: __Singular__ = '__plural__ keys';";

  it.each(['modules', 'links'])('rejects %s, whose singular the template declares', (name) => {
    expect(() => {
      assertUsableIdentifiers(featureNames(name), template);
    }).toThrow(/^The generated code uses the identifier "(Module|link)" already/);
  });

  it.each(['notes', 'events', 'keys'])('accepts %s', (name) => {
    expect(() => {
      assertUsableIdentifiers(featureNames(name), template);
    }).not.toThrow();
  });
});

describe('fillTemplate', () => {
  it('replaces placeholders next to underscores', () => {
    expect(fillTemplate('__snake_plural___pkey: __Singular__Dto', featureNames('notes'))).toBe('notes_pkey: NoteDto');
  });

  it('keeps lines for GraphQL only on request', () => {
    const template = 'a\n__if_graphql__  __plural__\nb\n';

    expect(fillTemplate(template, featureNames('notes'))).toBe('a\nb\n');
    expect(fillTemplate(template, featureNames('notes'), { graphql: true })).toBe('a\n  notes\nb\n');
  });

  it('rejects unknown placeholders', () => {
    expect(() => fillTemplate('__Nothing__', featureNames('notes'))).toThrow('Unknown placeholder __Nothing__');
  });
});
