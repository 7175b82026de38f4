import type { Links } from './config/links.ts';
import type { FirstAdministratorAccount } from './features/auth/first-administrator.ts';

/** What whoever started the service wants to know. */
export interface BannerFacts {
  /** Where it listens. */
  readonly url: string;
  readonly links: Links;
  readonly database: string;
  readonly mailbox: boolean;
  readonly readyMs: number;
  /** Only at the first start: the password is shown this once. */
  readonly administrator: FirstAdministratorAccount | undefined;
}

/** The lines that are printed once the service can be used. */
export function banner({ url, links, database, mailbox, readyMs, administrator }: BannerFacts): string {
  const lines = [
    `Plinth is ready at ${url} (${(readyMs / 1000).toFixed(1)} s)`,
    '',
    `  API docs   ${links.url('/docs')}`,
    ...(mailbox ? [`  Mailbox    ${links.url('/dev/mailbox')}`] : []),
    `  Database   ${database}`,
    ...(administrator === undefined
      ? []
      : [`  Admin      ${administrator.email}  password: ${administrator.password}`, '             (shown this once)']),
    '  Stop       Ctrl-C',
  ];
  return `\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}
