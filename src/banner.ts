import type { SeededAdministrator } from './features/auth/login/development-admin-seeder.ts';
import type { Links } from './platform/config/links.ts';
import type { OpenDatabase } from './platform/database/open-database.ts';

/** The content of the startup banner. */
export interface BannerContent {
  /** The URL that the service listens on. */
  readonly url: string;
  readonly links: Links;
  readonly database: Pick<OpenDatabase, 'url' | 'description' | 'embedded'>;
  /** Undefined without REDIS_URL. */
  readonly redisUrl?: string | undefined;
  readonly mailbox: boolean;
  readonly readyMs: number;
  /** Only at the first start of a database: the password is not stored in readable form. */
  readonly administrator: SeededAdministrator | undefined;
}

/** The startup banner of development. The URL of the embedded database contains its generated password. */
export function banner({ url, links, database, redisUrl, mailbox, readyMs, administrator }: BannerContent): string {
  const lines = [
    `Plinth is ready at ${url} (${(readyMs / 1000).toFixed(1)} s)`,
    '',
    `  API docs   ${links.url('/docs')}`,
    ...(mailbox ? [`  Mailbox    ${links.url('/dev/mailbox')}`] : []),
    `  Database   ${database.description}`,
    ...(database.embedded ? databaseLines(database.url) : []),
    ...(redisUrl === undefined ? [] : [`  Redis      ${new URL(redisUrl).host}`]),
    ...administratorLines(database.embedded, administrator),
    '  Stop       Ctrl-C',
  ];
  return `\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

function databaseLines(url: string): string[] {
  return [`             DATABASE_URL=${url}`, `  Studio     npx prisma studio --url "${url}"`];
}

function administratorLines(embedded: boolean, administrator: SeededAdministrator | undefined): string[] {
  if (!embedded) return [];
  if (administrator === undefined) return ['  Admin      npm run create-admin prints a setup link'];
  const { email, password } = administrator;
  return [
    `  Admin      ${email}  password: ${password}`,
    '             (shown once; npm run create-admin prints a link that sets a new one)',
  ];
}
