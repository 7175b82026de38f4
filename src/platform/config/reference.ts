import { variables } from './variables.ts';
import type { Variable } from './variables/values.ts';

/** The text of `.env.example`: every variable with its description and default. */
export function envExample(): string {
  const lines = [
    '# Every variable that Plinth reads. Copy to .env and uncomment what you change; none is required to start.',
  ];
  let section = '';
  for (const [name, variable] of Object.entries<Variable>(variables)) {
    if (variable.section !== section) lines.push('', `## ${variable.section}`);
    section = variable.section;
    lines.push('', `# ${variable.description}`);
    if (variable.secret) lines.push(`# A secret: ${name}_FILE may name a file that holds it.`);
    lines.push(`#${name}=${variable.default ?? ''}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The table of docs/reference/configuration.md. */
export function configurationReference(): string {
  const rows = Object.entries<Variable>(variables).map(
    ([name, variable]) =>
      `| ${code(name)}${variable.secret ? ` or ${code(`${name}_FILE`)}` : ''} | ` +
      `${variable.default ? code(variable.default) : ''} | ${variable.description} |`,
  );
  return [
    '# Configuration',
    '',
    'Environment variables, or an `.env` file in the working folder. ' +
      'Generated from `src/platform/config/variables.ts` by `npm run generate:docs`.',
    '',
    '| Variable | Default | Description |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}
