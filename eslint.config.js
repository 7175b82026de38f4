import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  globalIgnores([
    'dist/',
    'coverage/',
    '.data/',
    'src/database/generated/',
    'test/fixtures/',
    'test/clients/{generated,programs}/',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // A static factory says `this: void`, so that it can be handed to map().
      '@typescript-eslint/no-invalid-void-type': ['error', { allowAsThisParameter: true }],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // DTOs and Nest's options are classes because decorators need a value at run time; their instances are plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Nest modules are classes whose whole content is their decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/return-await': ['error', 'always'],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      eqeqeq: 'error',
      // A constructor lists what it is injected with, however many; any other function takes a named object past this.
      'no-restricted-syntax': ['error', ...tooManyParameters(5)],
    },
  },
  {
    // The sixth import law, for what an import doesn't show. Its other half is in .dependency-cruiser.cjs.
    files: ['src/**/*.ts'],
    ignores: ['src/config/**', '**/*.spec.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only src/config reads the environment: inject a section of it.',
        },
      ],
    },
  },
  {
    // An `error` event of a connection without a listener ends the process.
    files: ['src/**/*.ts'],
    ignores: ['src/database/postgres-pool.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          name: 'pg',
          importNames: ['default', 'Client', 'Pool', 'native'],
          allowTypeImports: true,
          message: 'Connections are made by src/database/postgres-pool.ts, which listens for their errors.',
        },
      ],
    },
  },
  {
    // A connection that is made past src/database/session.ts has whatever settings its role has.
    files: ['src/**/*.ts'],
    ignores: ['src/database/session.ts', 'src/config/database-url.ts', '**/*.spec.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...tooManyParameters(5),
        {
          selector: 'Property[key.name="connectionString"]',
          message: 'Spread directSession or pooledSession (src/database/session.ts), which pin the settings.',
        },
      ],
    },
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
