import { permissionsExtension, recentAuthenticationExtension } from '../auth/access.decorators.ts';
import type { AccessPolicy } from '../auth/permissions.ts';

/** The permissions of each role as a Markdown table. */
export function permissionTable({ roles, permissions, granted }: AccessPolicy): string {
  const lines = [
    ['Permission', ...roles.map(code)],
    ['---', ...roles.map(() => '---')],
    ...permissions.map((permission) => [
      code(permission),
      ...roles.map((role) => (granted.get(role)?.includes(permission) === true ? 'yes' : 'no')),
    ]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Appends the required permissions to the description of an operation. */
export function describePermissions(operation: Record<string, unknown>): void {
  const required = operation[permissionsExtension];
  if (!Array.isArray(required)) return;
  appendSentence(operation, `Requires ${required.map(code).join(' and ')}.`);
}

/** Appends which requests require a recent authentication to the description of an operation. */
export function describeStepUp(operation: Record<string, unknown>): void {
  const sentence = operation[recentAuthenticationExtension];
  if (typeof sentence === 'string') appendSentence(operation, sentence);
}

function appendSentence(operation: Record<string, unknown>, sentence: string): void {
  const description = operation['description'];
  operation['description'] =
    typeof description === 'string' && description !== '' ? `${description} ${sentence}` : sentence;
}

function code(name: unknown): string {
  return `\`${String(name)}\``;
}
