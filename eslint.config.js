import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default defineConfig(
  globalIgnores([
    'dist/',
    'coverage/',
    '.data/',
    'src/platform/database/generated/',
    'test/fixtures/',
    'test/clients/{generated,programs}/',
    'test/containers/',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // A static factory declares `this: void`, so that it can be passed to map().
      '@typescript-eslint/no-invalid-void-type': ['error', { allowAsThisParameter: true }],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, ignoreUsingDeclarations: true }],
      // DTOs are classes because decorators need a value at run time; their instances are plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Nest modules are classes with a decorator and no members.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/return-await': ['error', 'always'],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      eqeqeq: 'error',
      // Constructors list their dependencies; other functions with more parameters take a named object.
      'no-restricted-syntax': ['error', ...tooManyParameters(5)],
    },
  },
  { files: ['{admin,graphiql}/**/*.{ts,tsx}'], extends: [hooks.configs.flat.recommended] },
  {
    // Architecture rule environment-in-config, for `process.env`; .dependency-cruiser.cjs checks imports.
    files: ['src/**/*.ts'],
    ignores: ['src/platform/config/**', '**/*.spec.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only src/platform/config reads the environment: inject a section of it.',
        },
      ],
    },
  },
  {
    // An `error` event of a connection without a listener terminates the process.
    files: ['src/**/*.ts'],
    ignores: ['src/platform/database/postgres-pool.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          name: 'pg',
          importNames: ['default', 'Client', 'Pool', 'native'],
          allowTypeImports: true,
          message: 'Open connections through src/platform/database/postgres-pool.ts, which handles their errors.',
        },
      ],
    },
  },
  {
    // A connection that does not use src/platform/database/session.ts has the settings of its role.
    files: ['src/**/*.ts'],
    ignores: ['src/platform/database/session.ts', 'src/platform/config/database-url.ts', '**/*.spec.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...tooManyParameters(5),
        {
          selector: 'Property[key.name="connectionString"]',
          message: 'Spread directSession or pooledSession (src/platform/database/session.ts), which set the settings.',
        },
      ],
    },
  },
  {
    // The caller, the response and the precondition are one parameter of a handler: @Context() and @IfMatchContext().
    // The others are the body and the ids of a path.
    files: ['src/**/*.controller.ts'],
    rules: { 'no-restricted-syntax': ['error', ...tooManyParameters(4)] },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: { console: 'readonly', process: 'readonly', module: 'writable', __dirname: 'readonly' },
    },
  },
);

function tooManyParameters(most) {
  return [
    'FunctionDeclaration',
    'ArrowFunctionExpression',
    ':not(MethodDefinition[kind="constructor"]) > FunctionExpression',
  ].map((selector) => ({
    selector: `${selector}[params.length>${most}]`,
    message: `Takes more than ${most} parameters: pass a named object.`,
  }));
}
