import { UsageError } from './database-command.ts';

/** The spellings of a feature's name, by the placeholder that a template has for each. */
export type FeatureNames = Readonly<Record<string, string>>;

const pattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** The API document limits names of responses, such as CreateReadingListConflict, to 40 characters. */
const maxLength = 26;
const usage =
  'Usage: npm run generate -- feature <plural> [singular], such as reading-lists, or people person: lower-case letters, ' +
  `digits and hyphens, at most ${maxLength}.`;

/** Words that cannot name a variable (ECMAScript), a table (PostgreSQL) or a file beside index.ts. */
const reservedWords = new Set(
  (
    'break case catch class const continue debugger default delete do else enum eval export extends false finally for ' +
    'function if implements import in instanceof interface let new null package private protected public return static ' +
    'super switch this throw true try typeof var void while with yield arguments await index does references'
  ).split(' '),
);

/**
 * Derives all spellings from a plural name in kebab case, such as `reading-lists`.
 *
 * @param singular required unless the plural is regular, see singularOf
 * @throws UsageError when a name is malformed or reserved, or the singular is required
 */
export function featureNames(plural = '', singular = singularOf(plural)): FeatureNames {
  if (singular === undefined && pattern.test(plural)) {
    const reason = plural.endsWith('s') ? 'has no certain singular: give' : 'does not end in "s": give its plural, or';
    throw new UsageError(`"${plural}" ${reason} the singular as a second name. ${usage}`);
  }
  if (singular === undefined || [plural, singular].some((name) => !pattern.test(name) || name.length > maxLength)) {
    throw new UsageError(usage);
  }
  const reserved = [plural, singular].find((name) => reservedWords.has(name));
  if (reserved !== undefined) throw new UsageError(`"${reserved}" is a reserved word: choose another name.`);
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

/** Replaces `__placeholder__` by its spelling. Lines that begin with `__if_graphql__` are for features with a resolver. */
export function fillTemplate(template: string, names: FeatureNames, { graphql = false } = {}): string {
  const lines = template.replaceAll(/^__if_graphql__(.*\n)/gm, graphql ? '$1' : '');
  return lines.replaceAll(/__([A-Za-z]+(?:_(?:plural|singular))?)__/g, (placeholder, name: string) => {
    const spelling = names[name];
    if (spelling === undefined) throw new Error(`Unknown placeholder ${placeholder}`);
    return spelling;
  });
}

/**
 * Checks that no name is an identifier of the templates: the generated code would declare it twice.
 *
 * @throws UsageError naming the identifier
 */
export function assertUsableIdentifiers(names: FeatureNames, template: string): void {
  const code = template.replaceAll(/__\w+?__|'[^'\n]*'|\/\*[^]*?\*\/|\/\/.*/g, ' ');
  const used = new Set(code.match(/[A-Za-z]\w*/g));
  const taken = ['Plural', 'Singular', 'plural', 'singular']
    .map((kind) => names[kind] ?? '')
    .find((one) => used.has(one));
  if (taken === undefined) return;
  throw new UsageError(`The generated code uses the identifier "${taken}" already: choose another name.`);
}

/**
 * Undefined where the ending has more than one singular: categories and movies, batches and caches, status, analysis.
 */
function singularOf(plural: string): string | undefined {
  if (!plural.endsWith('s') || /(?:ies|ches|oes|uses|us|is|ss)$/.test(plural)) return undefined;
  return /(?:ss|x|sh)es$/.test(plural) ? plural.replace(/es$/, '') : plural.replace(/s$/, '');
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
