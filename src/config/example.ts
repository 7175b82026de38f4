import { variables } from './variables.ts';
import type { Variable } from './variables/variable.ts';

/** The text of `.env.example`: every variable with its default and one line about it. */
export function envExample(): string {
  const lines = ['# Every variable Plinth reads. Copy to .env and uncomment what you change; none is needed to start.'];
  let section = '';
  for (const [name, variable] of Object.entries<Variable>(variables)) {
    if (variable.section !== section) lines.push('', `## ${variable.section}`);
    section = variable.section;
    lines.push('', `# ${variable.about}`);
    if (variable.secret) lines.push(`# A secret: ${name}_FILE may name a file that holds it.`);
    lines.push(`#${name}=${variable.default ?? ''}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The table of docs/reference/configuration.md. */
export function configurationReference(): string {
  const rows = Object.entries<Variable>(variables).map(
    ([name, variable]) =>
      `| \`${name}\`${variable.secret ? ` or \`${name}_FILE\`` : ''} | ${variable.default ? `\`${variable.default}\`` : ''} | ${variable.about} |`,
  );
  return [
    '# Configuration',
    '',
    'Environment variables, or an `.env` file in the working folder. Made from `src/config/variables.ts` by `npm run docs:configuration`.',
    '',
    '| variable | default | what it does |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
