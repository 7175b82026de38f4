import { permissionsExtension } from '../auth/access.decorators.ts';
import { permissions, permissionsOf, roles } from '../auth/permissions.ts';

/** What each role may do, as a table in Markdown. */
export function permissionTable(): string {
  const lines = [
    ['Permission', ...roles.map(code)],
    ['---', ...roles.map(() => '---')],
    ...permissions.map((permission) => [
      code(permission),
      ...roles.map((role) => (permissionsOf([role]).includes(permission) ? 'yes' : 'no')),
    ]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Lets the description of a guarded operation end with what its decorator demands of the caller. */
export function sayPermissions(operation: Record<string, unknown>): void {
  const needed = operation[permissionsExtension];
  if (!Array.isArray(needed)) return;
  const sentence = `Needs ${needed.map(code).join(' and ')}.`;
  const said = operation['description'];
  operation['description'] = typeof said === 'string' && said !== '' ? `${said} ${sentence}` : sentence;
}

function code(name: unknown): string {
  return `\`${String(name)}\``;
}
