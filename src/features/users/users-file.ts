import { csvLine } from './csv.ts';
import type { User, UserStatus } from './user.ts';
import { statusOf } from './user.ts';

export const exportFormats = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** How a file of users is written: a head, then a line for each. */
interface UsersFile {
  readonly mediaType: string;
  readonly head: string;
  readonly line: (user: User) => string;
}

/** A user in a file: what the API shows of one. */
interface UserRecord {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly displayName: string | null;
  readonly locale: string;
  readonly timezone: string;
  readonly roles: readonly string[];
  readonly status: UserStatus;
  readonly createdAt: string;
  readonly updatedAt: string;
}

const header: readonly (keyof UserRecord)[] = [
  'id',
  'email',
  'emailVerified',
  'displayName',
  'locale',
  'timezone',
  'roles',
  'status',
  'createdAt',
  'updatedAt',
];

/** The kinds of file; in CSV an absent name is an empty cell, and roles are separated by spaces. */
export const usersFiles: Readonly<Record<ExportFormat, UsersFile>> = {
  csv: {
    mediaType: 'text/csv; charset=utf-8; header=present',
    head: csvLine(header),
    line: (user) => {
      const record = recordOf(user);
      return csvLine(header.map((column) => cell(record[column])));
    },
  },
  ndjson: {
    mediaType: 'application/x-ndjson',
    head: '',
    line: (user) => `${JSON.stringify(recordOf(user))}\n`,
  },
};

function recordOf(user: User): UserRecord {
  return {
    id: user.id,
    email: user.email,
    emailVerified: user.emailVerifiedAt !== null,
    displayName: user.displayName,
    locale: user.locale,
    timezone: user.timezone,
    roles: user.roles,
    status: statusOf(user),
    createdAt: user.createdAt.toISOString(),
    updatedAt: user.updatedAt.toISOString(),
  };
}

function cell(value: UserRecord[keyof UserRecord]): string {
  if (value === null) return '';
  return typeof value === 'object' ? value.join(' ') : String(value);
}
