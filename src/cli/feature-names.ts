import { UsageError } from './database-command.ts';

/** The spellings of a feature's name, by the placeholder that a template has for each. */
export type FeatureNames = Readonly<Record<string, string>>;

const pattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*s$/;
const maxLength = 32;

/**
 * Derives all spellings from a plural name in kebab case, such as `reading-lists`.
 *
 * @throws UsageError when the name is not one
 */
export function featureNames(plural: string | undefined): FeatureNames {
  if (plural === undefined || !pattern.test(plural) || plural.length > maxLength) {
    throw new UsageError('Usage: npm run generate -- feature <name>, with a plural name such as reading-lists.');
  }
  const singular = singularOf(plural);
  const words = singular.replaceAll('-', ' ');
  const article = /^[aeiou]/.test(words) ? 'an' : 'a';
  return {
    Plural: pascalCase(plural),
    Singular: pascalCase(singular),
    plural: camelCase(plural),
    singular: camelCase(singular),
    kebab_plural: plural,
    kebab_singular: singular,
    snake_plural: plural.replaceAll('-', '_'),
    snake_singular: singular.replaceAll('-', '_'),
    words_plural: plural.replaceAll('-', ' '),
    words_singular: words,
    Words_plural: capitalized(plural.replaceAll('-', ' ')),
    Words_singular: capitalized(words),
    a_singular: `${article} ${words}`,
    A_singular: `${capitalized(article)} ${words}`,
  };
}

/** Replaces `__placeholder__` by its spelling. */
export function fillTemplate(template: string, names: FeatureNames): string {
  return template.replaceAll(/__([A-Za-z]+(?:_(?:plural|singular))?)__/g, (placeholder, name: string) => {
    const spelling = names[name];
    if (spelling === undefined) throw new Error(`Unknown placeholder ${placeholder}`);
    return spelling;
  });
}

function singularOf(plural: string): string {
  if (plural.endsWith('ies')) return plural.replace(/ies$/, 'y');
  return /(?:ss|x|ch|sh)es$/.test(plural) ? plural.replace(/es$/, '') : plural.replace(/s$/, '');
}

function camelCase(kebab: string): string {
  return kebab.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function pascalCase(kebab: string): string {
  return capitalized(camelCase(kebab));
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
