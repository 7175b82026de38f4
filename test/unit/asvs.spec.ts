import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/** The n-th digit is the level of requirement n of the section, in ASVS 5.0.0. */
const levels: Readonly<Record<string, string>> = {
  '1.1': '22',
  '1.2': '1111122223',
  '1.3': '112222222223',
  '1.4': '222',
  '1.5': '123',
  '2.1': '122',
  '2.2': '112',
  '2.3': '12223',
  '2.4': '23',
  '3.1': '3',
  '3.2': '113',
  '3.3': '12223',
  '3.4': '11222233',
  '3.5': '11122333',
  '3.6': '3',
  '3.7': '22333',
  '4.1': '12233',
  '4.2': '23333',
  '4.3': '22',
  '4.4': '1222',
  '5.1': '2',
  '5.2': '112333',
  '5.3': '113',
  '5.4': '222',
  '6.1': '122',
  '6.2': '111111112222',
  '6.3': '11223333',
  '6.4': '112233',
  '6.5': '22222333',
  '6.6': '2223',
  '6.7': '33',
  '6.8': '2222',
  '7.1': '222',
  '7.2': '1111',
  '7.3': '22',
  '7.4': '11222',
  '7.5': '223',
  '7.6': '22',
  '8.1': '1233',
  '8.2': '1123',
  '8.3': '133',
  '8.4': '23',
  '9.1': '111',
  '9.2': '1222',
  '10.1': '22',
  '10.2': '223',
  '10.3': '22223',
  '10.4': '1111122222233333',
  '10.5': '22222',
  '10.6': '22',
  '10.7': '222',
  '11.1': '2233',
  '11.2': '22233',
  '11.3': '11233',
  '11.4': '1222',
  '11.5': '23',
  '11.6': '23',
  '11.7': '33',
  '12.1': '12233',
  '12.2': '11',
  '12.3': '22223',
  '13.1': '2333',
  '13.2': '222223',
  '13.3': '2233',
  '13.4': '1222233',
  '14.1': '22',
  '14.2': '12223333',
  '14.3': '122',
  '15.1': '12233',
  '15.2': '12233',
  '15.3': '1222222',
  '15.4': '3333',
  '16.1': '2',
  '16.2': '22222',
  '16.3': '2222',
  '16.4': '222',
  '16.5': '2223',
  '17.1': '23',
  '17.2': '22223333',
  '17.3': '22',
};

interface Requirement {
  readonly id: string;
  readonly level: string;
  readonly status: string;
  readonly evidence: string;
}

interface Link {
  readonly text: string;
  readonly target: string;
}

const root = join(import.meta.dirname, '../..');
const page = 'docs/reference/asvs.md';
const text = readFileSync(join(root, page), 'utf8');
const [listed = '', excluded = ''] = text.split(/^## Not applicable$/m);
const requirements = rowsOf(listed).map(requirementOf);
const notApplicable = rowsOf(excluded).flatMap(([ids = '']) => ids.split(', '));

/** The cells of the rows that begin with the id of a requirement. */
function rowsOf(markdown: string): readonly (readonly string[])[] {
  const rows = markdown.split('\n').filter((line) => /^\| \d+\.\d+\.\d+[ ,]/.test(line));
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

function requirementOf([id = '', level = '', , status = '', evidence = '']: readonly string[]): Requirement {
  return { id, level, status, evidence };
}

function linksIn(markdown: string): readonly Link[] {
  const found = [...markdown.matchAll(/\[((?:[^\]\\]|\\.)*)\]\(([^)]+)\)/g)];
  return found.map(([, label = '', target = '']) => ({ text: label.replaceAll(/\\(?=[^a-zA-Z\d\s])/g, ''), target }));
}

/** The level of a requirement, undefined for an id that the standard does not have. */
function levelOf(id: string): string | undefined {
  const [, section = '', number = ''] = /^(\d+\.\d+)\.(\d+)$/.exec(id) ?? [];
  return levels[section]?.[Number(number) - 1];
}

/** The ids of levels 1 and 2. */
function expectedIds(): readonly string[] {
  const ids = Object.entries(levels).flatMap(([section, digits]) =>
    Array.from(digits, (_, at) => `${section}.${String(at + 1)}`),
  );
  return ids.filter((id) => levelOf(id) !== '3');
}

function fileOf({ target }: Link): string {
  return join(dirname(page), target.replace(/#.*$/, ''));
}

function isTest(file: string): boolean {
  return /[.-](?:spec|cases)\.ts$/.test(file);
}

/** Whether the file has a test, a group of tests or a row of a table of tests with this title. */
function hasTitle(file: string, title: string): boolean {
  const content = readFileSync(join(root, file), 'utf8').replaceAll(/\\(?=')/g, '');
  return [`'`, `"`, '`'].some((quote) => content.includes(`${quote}${title}${quote},`));
}

const links = linksIn(text).filter(({ target }) => !/^(?:https:|#)/.test(target));

describe('docs/reference/asvs.md', () => {
  it('has each requirement of levels 1 and 2 once', () => {
    const ids = [...requirements.map(({ id }) => id), ...notApplicable];

    expect([...ids].sort()).toEqual([...expectedIds()].sort());
  });

  it('has the level of the standard for each requirement', () => {
    expect(requirements.filter(({ id, level }) => level !== levelOf(id))).toEqual([]);
  });

  it('has a status for each requirement, and evidence or a reason', () => {
    expect(requirements.filter(({ status }) => !['met', 'deviation', 'team'].includes(status))).toEqual([]);
    const unproven = requirements.filter(({ status, evidence }) =>
      status === 'met' ? linksIn(evidence).length === 0 : evidence.replaceAll(/\[[^\]]*\]\([^)]*\)/g, '').length < 20,
    );
    expect(unproven).toEqual([]);
  });

  it('links to files that exist', () => {
    expect(links.filter((link) => !existsSync(join(root, fileOf(link))))).toEqual([]);
    expect(links.length).toBeGreaterThan(100);
  });

  it('links to sections that exist', () => {
    const sections = [...text.matchAll(/^## (.+)$/gm)].map(
      ([, title = '']) => `#${title.toLowerCase().replaceAll(' ', '-')}`,
    );
    const targets = linksIn(text).filter(({ target }) => target.startsWith('#'));

    expect(targets.filter(({ target }) => !sections.includes(target))).toEqual([]);
  });

  it('names tests that exist', () => {
    const named = links.filter((link) => isTest(fileOf(link)));

    expect(named.filter((link) => !hasTitle(fileOf(link), link.text))).toEqual([]);
    expect(named.length).toBeGreaterThan(100);
  });
});
